//! From a chart's folder and from its archive.

use super::{VALUES, chart_values, with_tmp, write_chart};
use crate::pack_shell::{as_root, json, pack_shell, said};
use crate::yard;
use packyard_testkit::{PNG, peer_or_skip, real_packs, skip_without_shared};
use serde_json::json;

#[test]
fn a_chart_becomes_a_pack_that_can_be_published() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&with_tmp(&pack_shell(folder.path(), &[]), folder.path()), &yard);
    write_chart(folder.path(), "lights", "1.0.0");
    let made = json(&shell, "packyard pack init lights --yes --out made --output json");
    assert_eq!(made["images"], json!(["example.org/lights:1.2.3", "example.org/setup:7"]));
    assert_eq!((&made["fields"], &made["findings"]), (&json!(2), &json!([])));
    let files = json!(["README.md", "charts/lights-1.0.0.tgz", "pack.json", "schema.yaml", "values.yaml"]);
    assert_eq!(made["files"], files);

    let read = |name: &str| std::fs::read_to_string(folder.path().join("made").join(name)).unwrap();
    let pack: serde_json::Value = serde_json::from_str(&read("pack.json")).unwrap();
    assert_eq!(
        pack,
        json!({
            "name": "lights", "displayName": "Lights", "version": "1.0.0", "layer": "addon", "addonType": "monitoring",
            "cloudTypes": ["all"], "kubeVersion": ">=1.26.0-0", "charts": ["charts/lights-1.0.0.tgz"],
            "annotations": {
                "source": "community", "docsURL": "https://lights.example.com", "description": "Lights of a harbour",
            },
        })
    );
    assert_eq!(chart_values(&read("values.yaml")), VALUES);
    assert!(read("values.yaml").starts_with("pack:\n"), "{}", read("values.yaml"));
    assert_eq!(read("README.md"), "# Harbour Lights\n\nFrom upstream.\n");
    let form = "charts.lights.replicas:\n  schema: '{{ format \"${number:[1-9]}\" | hints \"How many\" }}'\ncharts.lights.image.tag:\n  schema: '{{ required | format \"${string:/^[0-9.]*$/}\" }}'\n";
    assert_eq!(read("schema.yaml"), form);

    // The same folder gives the same archive; an archive is taken byte for byte.
    shell.ok("packyard pack init lights --yes --out again && cmp made/charts/*.tgz again/charts/*.tgz");
    assert!(!shell.ok("tar -tzf made/charts/lights-1.0.0.tgz").contains("debug.log"));
    shell.ok("tar -czf odd-name.tgz lights && packyard pack init odd-name.tgz -y --out from-archive");
    shell.ok("cmp odd-name.tgz from-archive/charts/lights-1.0.0.tgz && diff made/values.yaml from-archive/values.yaml");
    shell.ok("packyard pack lint made from-archive --deny warnings && test -z \"$(ls -A tmp)\"");
    shell.ok(
        "packyard publish made --to $H/team && packyard pack pull $H/team/lights:1.0.0 && diff -r made lights-1.0.0",
    );
}

#[test]
fn every_answer_is_also_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    write_chart(folder.path(), "lights", "v2.5");
    std::fs::write(folder.path().join("picture"), PNG).unwrap();
    let flags = "--name harbour --display-name 'The Harbour' --pack-version 3.0.0-rc.1 --layer csi --cloud-types aws,edge-native --namespace sea --logo picture";
    let made = json(&shell, &format!("packyard pack init lights {flags} --output json"));
    assert_eq!((&made["path"], &made["namespace"]), (&json!("harbour-3.0.0-rc.1"), &json!("sea")));
    let pack = json(&shell, "cat harbour-3.0.0-rc.1/pack.json");
    let expected = json!(["harbour", "The Harbour", "3.0.0-rc.1", "csi", null, ["aws", "edge-native"]]);
    let fields = ["name", "displayName", "version", "layer", "addonType", "cloudTypes"];
    assert_eq!(json!(fields.map(|field| &pack[field])), expected);
    shell.ok("cmp picture harbour-3.0.0-rc.1/logo.png && grep -q 'namespace: \"sea\"' harbour-3.0.0-rc.1/values.yaml");
    // A version of Helm that is none of SemVer becomes one.
    let made = json(&shell, "packyard pack init lights --namespace '' --addon-type ingress --output json");
    assert_eq!(
        (&made["version"], &made["namespace"], &made["addonType"]),
        (&json!("2.5.0"), &json!(""), &json!("ingress"))
    );
    let text = shell.ok("packyard pack init lights --out with-text && test -f with-text/charts/lights-v2.5.tgz");
    let next = "findings   0 errors, 0 warnings\nnext       packyard pack lint with-text\n           packyard publish with-text --to HOST/BASE\n";
    assert!(
        text.starts_with("created    with-text\npack       lights 2.5.0, Lights\n") && text.ends_with(next),
        "{text}"
    );
}

#[test]
fn what_will_not_do_is_said_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let shell = with_tmp(&pack_shell(folder.path(), &[]), folder.path());
    write_chart(folder.path(), "lights", "1.0.0");
    shell.ok(
        "cp -r lights list && echo '- 1' >list/values.yaml; cp -r lights broken && echo 'a: [' >broken/values.yaml
        cp -r lights two && printf 'a: 1\\n---\\nb: 1\\n' >two/values.yaml
        cp -r lights nameless && sed -i /^name/d nameless/Chart.yaml; cp -r lights up && sed -i 's,^name: .*,name: ../../up,' up/Chart.yaml
        mkdir bare full && echo x >bare/x && echo mine >full/notes
        echo x >x.tgz; echo '<html>' >page.tgz; mkdir p && echo a >p/pack.json && tar -czf pack.tgz p
        tar -Pczf parent.tgz lights --transform 's,^lights/debug.log,../../evil,'
        mkdir bomb && cp lights/Chart.yaml bomb/ && head -c 60000000 /dev/zero >bomb/values.yaml && tar -czf bomb.tgz bomb && rm -r bomb
        head -c 600 odd.tgz 2>/dev/null >cut.tgz || tar -cz lights | head -c 600 >cut.tgz",
    );
    let before = shell.ok("ls -AR");
    for (args, code, expected) in [
        ("", 2, "<CHART|--manifests <PATH>...|--empty>"),
        ("lights --empty", 2, "cannot be used with"),
        ("--empty", 2, "give --name"),
        ("lights --name Lights", 2, "--name: the name `Lights` has characters"),
        ("lights --pack-version 1.5", 2, "--pack-version: the version `1.5` is not a version of SemVer 2"),
        ("lights --namespace a.b", 2, "--namespace: "),
        ("lights --layer add-on", 2, "is not a layer"),
        ("lights --layer os --addon-type x", 2, "--addon-type is for the layer addon"),
        ("lights --cloud-types 'a b'", 2, "--cloud-types: "),
        ("lights --version ^1", 2, "`lights` has one"),
        ("--empty --name a --version 1", 2, "--repo and --version are about a chart"),
        ("lights --username ann", 2, "--repo"),
        ("nothing", 1, "there is no file or folder `nothing`"),
        ("bare", 1, "`bare` has no Chart.yaml that can be read; --manifests makes a pack of manifests"),
        (
            "lights --out full",
            1,
            "`full` is there and not empty; --out makes the pack elsewhere, --force writes into it",
        ),
        ("lights --out full/notes --force", 1, "is no folder"),
        ("lights --out full/notes/below", 1, "full/notes"),
        ("lights --logo lights/Chart.yaml", 1, "is no PNG, JPEG, GIF or WebP image"),
        ("lights --logo absent.png", 1, "the logo `absent.png` cannot be read"),
        ("list", 1, "not a map (line 1)"),
        ("broken", 1, "its values.yaml is not YAML: line"),
        ("two", 1, "a second YAML document starts in line 2"),
        ("nameless", 1, "has no name"),
        ("up", 1, "`..`"),
        ("x.tgz", 1, "no tar archive"),
        ("page.tgz", 1, "it is a web page"),
        ("pack.tgz", 1, "it has no folder with a Chart.yaml"),
        ("parent.tgz", 1, "leads out of the folder"),
        ("bomb.tgz", 1, "ratio = 200"),
        ("cut.tgz", 1, "cannot be read"),
        ("lights --limit pack.entries=2", 1, "pack.entries = 2"),
    ] {
        let (exit, text) = said(&shell, &format!("packyard pack init {args}"));
        assert_eq!(exit, Some(code), "{args}: {text}");
        assert!(text.contains(expected), "{args}: {text}");
        assert_eq!(shell.ok("ls -AR"), before, "{args}");
    }
}

#[test]
fn a_folder_that_is_there_stays_and_is_filled() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    write_chart(folder.path(), "lights", "1.0.0");
    // Also the folder the shell stands in, and one that is reached by a link.
    shell.ok(
        "mkdir here real && ln -s real linked && cd here && packyard pack init ../lights --out . && test -f pack.json",
    );
    shell.ok("packyard pack init lights --out linked && test -L linked && diff -r here real && test $(ls -A real | wc -l) = 5");
    shell.ok("echo old >here/values.yaml && touch here/charts/old.tgz && echo mine >here/presets.yaml");
    shell.ok("packyard pack init lights --out here --force && cmp here/values.yaml real/values.yaml");
    shell.ok("test $(ls here/charts) = lights-1.0.0.tgz && test $(cat here/presets.yaml) = mine && test $(ls -A here | wc -l) = 6");
    shell.ok(
        "packyard pack init lights --out new/deep/er && test -f new/deep/er/pack.json && test $(ls -A new/deep) = er",
    );
}

#[test]
fn helm_reads_the_chart_inside_and_charts_of_helm_are_read() {
    let test = "helm_reads_the_chart_inside_and_charts_of_helm_are_read";
    let Some(helm) = peer_or_skip("helm", test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[("helm", &helm)]);
    shell.ok("helm create demo >/dev/null && helm package demo >/dev/null");
    let made = json(&shell, "packyard pack init demo-0.1.0.tgz --out a --output json");
    assert_eq!((&made["images"], &made["findings"]), (&json!(["nginx:1.16.0"]), &json!([])));
    shell.ok("cmp demo-0.1.0.tgz a/charts/demo-0.1.0.tgz && helm show values demo >values.yaml");
    let values = std::fs::read_to_string(folder.path().join("a/values.yaml")).unwrap();
    let own = std::fs::read_to_string(folder.path().join("demo/values.yaml")).unwrap();
    assert_eq!(chart_values(&values), own);
    // Of the folder: what helm makes of our archive is what it makes of the folder and of its own archive.
    shell.ok("packyard pack init demo --out b && helm lint b/charts/demo-0.1.0.tgz && helm show values b/charts/demo-0.1.0.tgz | cmp - values.yaml");
    let render = |what: &str| shell.ok(&format!("helm template x {what} | sed '/randAlpha/d'"));
    assert_eq!(render("b/charts/demo-0.1.0.tgz"), render("demo"));
    assert_eq!(render("b/charts/demo-0.1.0.tgz"), render("demo-0.1.0.tgz"));
    shell.ok("tar -tzf b/charts/demo-0.1.0.tgz | grep -v '/$' | sort >ours && tar -tzf demo-0.1.0.tgz | sort >helms && diff ours helms");

    // A chart with charts inside: one with other values, one switched off, one twice under two names.
    shell.ok(
        "helm create umbrella >/dev/null && for sub in web off; do helm create $sub >/dev/null; done
        cat >>umbrella/Chart.yaml <<'YAML'
dependencies:
- {name: web, version: 0.1.0, repository: file://../web}
- {name: web, alias: second, version: 0.1.0, repository: file://../web}
- {name: off, version: 0.1.0, repository: file://../off, condition: parts.off}
YAML
        printf 'web:\\n  image: {tag: \"9\"}\\nsecond:\\n  image: {repository: example.org/second}\\nparts: {off: false}\\n' >>umbrella/values.yaml
        sed -i 's,repository: nginx,repository: example.org/web,' web/values.yaml",
    );
    let (code, text) = said(&shell, "packyard pack init umbrella --out c");
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("the chart depends on web, off, which its charts/ does not hold")
            && text.contains("helm dependency build"),
        "{text}"
    );
    shell.ok("helm dependency build umbrella >/dev/null && helm package umbrella >/dev/null");
    let made = json(&shell, "packyard pack init umbrella-0.1.0.tgz --out d --output json");
    assert_eq!(made["images"], json!(["nginx:1.16.0", "example.org/web:9", "example.org/second:1.16.0"]));
    assert_eq!(made["notes"], json!(["the pack has no logo; put one into its folder as logo.png"]));
    packyard_testkit::note(&format!("charts of {} became packs", helm.label));
}

/// Charts that nobody of this project wrote.
#[test]
fn every_chart_of_the_real_packs_becomes_a_sound_pack() {
    let Some(packs) = real_packs() else {
        return skip_without_shared("every_chart_of_the_real_packs_becomes_a_sound_pack", "../shared/packs");
    };
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    let (mut charts, mut images) = (0, 0);
    for pack in packs {
        let Ok(entries) = std::fs::read_dir(pack.join("charts")) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let chart = path.join("Chart.yaml").is_file();
            if !chart && path.extension().is_none_or(|extension| extension != "tgz") {
                continue;
            }
            let shell = shell.env("CHART", path.to_str().unwrap()).env("AT", &charts.to_string());
            let made = json(&shell, "packyard pack init \"$CHART\" --yes --out $AT --output json");
            let findings = made["findings"].as_array().unwrap();
            assert!(findings.iter().all(|finding| finding["severity"] != "error"), "{}: {findings:#?}", path.display());
            for image in made["images"].as_array().unwrap() {
                images += 1;
                assert!(!image.as_str().unwrap().starts_with('/'), "{}: {image}", path.display());
            }
            if !chart {
                shell.ok("cmp \"$CHART\" $AT/charts/*.tgz");
                let own = shell.ok(
                    r#"member=$(tar -tzf "$CHART" | grep -E '^[^/]+/values\.yaml$' || true); test -z "$member" || tar -xzOf "$CHART" "$member""#,
                );
                let values = shell.ok("cat $AT/values.yaml");
                if !own.is_empty() && !own.contains("---\n") {
                    assert_eq!(chart_values(&values), own, "{}", path.display());
                }
            }
            charts += 1;
        }
    }
    packyard_testkit::note(&format!("{charts} charts of real packs became packs with {images} images"));
    assert!(charts > 0);
}
