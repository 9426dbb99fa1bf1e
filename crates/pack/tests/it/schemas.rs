//! The grammars inside schema.yaml, values.yaml and the paths between them.

use packyard_pack::schema::{FieldKind, Format};
use packyard_pack::values::Values;
use packyard_pack::{Pack, SchemaEntry};
use packyard_testkit::PackBuilder;

fn entry(expression: &str) -> SchemaEntry {
    let schema = format!("pack.namespace:\n  schema: '{}'\n", expression.replace('\'', "''"));
    let folder = PackBuilder::new("p", "1.0.0").file("schema.yaml", schema).values("pack: {namespace: ''}\n").folder();
    let pack = Pack::open(folder.path()).unwrap();
    assert_eq!(packyard_pack::lint::check(&pack), [], "{expression}");
    pack.schema.into_iter().next().unwrap()
}

#[test]
fn every_stage_is_read() {
    let all = entry(r#"{{ required | readonly | format "${string:/^[a-z]+$/}" | hints "one" "two | three" }}"#);
    assert!(all.required && all.readonly);
    assert_eq!((all.kind(), all.regex()), (FieldKind::String, Some("^[a-z]+$")));
    assert_eq!(all.hints, ["one", "two | three"]);
    let list = entry(r#"{{format "${list:[ClusterIP, NodePort]}"}}"#);
    assert_eq!(
        (list.kind(), list.list_options()),
        (FieldKind::List, &["ClusterIP".to_owned(), "NodePort".to_owned()][..])
    );
    assert_eq!(entry("{{ required }}").kind(), FieldKind::String);
    assert_eq!(entry(r#"{{ format "${whatever}" }}"#).kind(), FieldKind::Other("whatever".to_owned()));
}

#[test]
fn formats_accept_what_they_describe() {
    for (template, good, bad) in [
        ("${number:[1-65535]}", &["1", "65535", "80"][..], &["0", "65536", "x", ""][..]),
        ("${number:[-5-5]}", &["-5", "0", "5"], &["-6", "6"]),
        ("${boolean}", &["true", "false"], &["yes", ""]),
        ("${ipv4} - ${ipv4}", &["10.0.0.1 - 10.0.0.255"], &["10.0.0.1", "10.0.0.1 - 10.0.0.256"]),
        ("${list:[a,b.c]}", &["a", "b.c"], &["bxc", ""]),
        ("${string:/^[a-z]{2,3}$/}", &["ab", "abc"], &["a", "abcd", "AB"]),
        (r"${string:/\Qa.b\E/}", &["a.b"], &["axb"]),
        (r"${string:/\d+/}", &["12"], &["x", "1x"]),
        ("${string}/${string}:${version}", &["a/b:1"], &["ab"]),
        ("${version}", &["1.5", "v1.8.7", "26.02.0", "2.0.2-up.4", "1.0.0+5"], &["latest", "", "1 2"]),
        ("${password:/.{8,}/}", &["12345678"], &["1234567"]),
        ("${input}", &["", "anything"], &[]),
        ("${string}", &["", "any\nthing"], &[]),
    ] {
        let format = Format::parse(template).unwrap();
        for value in good {
            assert!(format.accepts(value), "{template} {value:?}");
        }
        for value in bad {
            assert!(!format.accepts(value), "{template} {value:?}");
        }
    }
    for template in ["${", "${string", "${string:/(/}", "${number:[5-1]}", "${number:[x]}", "${string:what}", "${}"] {
        assert!(Format::parse(template).is_err(), "{template}");
    }
    let heavy = Format::parse("${string:/(((a{900}){900}){900})/}");
    assert!(heavy.unwrap_err().contains("not a regular expression"));
}

#[test]
fn paths_are_found_by_trying_joins() {
    let values = Values::parse("a:\n  b.c:\n    d: 1\n  b:\n    x: 2\n  list:\n    - n: 3\n    - m: 4\n").unwrap();
    let text = |path: &str| values.lookup(path).and_then(|node| node.text());
    assert_eq!(text("a.b.c.d"), Some("1"));
    assert_eq!(text("a.b.x"), Some("2"));
    assert_eq!(text("a.list.$[].m"), Some("4"));
    assert_eq!(text("a.list.$[0].n"), Some("3"));
    assert_eq!(text("a.list.$[0].m"), None);
    assert_eq!(text("a.c"), None);
}

#[test]
fn a_lookup_has_an_end() {
    let keys: Vec<String> = (1..=24).map(|n| vec!["a"; n].join(".")).collect();
    let mut text = String::from("x: &x {}\n");
    for depth in 0..30 {
        text.push_str(&format!(
            "v{depth}: &v{depth} {{{}}}\n",
            keys.iter()
                .map(|k| format!("{k}: *{}", if depth == 0 { "x".to_owned() } else { format!("v{}", depth - 1) }))
                .collect::<Vec<_>>()
                .join(", ")
        ));
    }
    let values = Values::parse(&text).unwrap();
    let started = std::time::Instant::now();
    assert!(values.lookup(&format!("v29.{}.z", vec!["a"; 60].join("."))).is_none());
    assert!(started.elapsed().as_secs() < 5);
}

#[test]
fn the_pack_map_is_read() {
    let values = Values::parse(
        "# notes\n# spectrocloud.com/enabled-presets: Kube-proxy replacement:ebpf, Size:small\npack:\n  namespace: ns\n  \
         spectrocloud.com/display-name: dns-1\n  content:\n    charts:\n    - {repo: r, name: n, version: 1.0.0}\n",
    )
    .unwrap();
    assert_eq!((values.namespace(), values.display_name()), (Some("ns"), Some("dns-1")));
    let presets: Vec<_> =
        values.enabled_presets().iter().map(|p| (p.group.as_str(), p.preset.as_str(), p.mark.column)).collect();
    assert_eq!(presets, [("Kube-proxy replacement", "ebpf", 37), ("Size", "small", 66)]);
}

#[test]
fn values_are_checked_against_their_schema() {
    let schema = "\
manifests.app.port:\n  schema: '{{ required | format \"${number:[1-65535]}\" }}'
manifests.app.token:\n  schema: '{{ required | format \"${password:/[a-z]{8}/}\" }}'
manifests.app.mode:\n  schema: '{{ readonly }}'
manifests.app.hosts.$[].ip:\n  schema: '{{ format \"${ipv4}\" }}'
";
    let own = "manifests:\n  app:\n    port: 80\n    token: ''\n    mode: {a: [1, two]}\n    hosts: []\n";
    let folder = PackBuilder::new("p", "1.0.0").file("schema.yaml", schema).values(own).folder();
    let pack = Pack::open(folder.path()).unwrap();
    let original = pack.parsed_values().unwrap();
    let said = |text: &str| -> Vec<String> {
        let values = Values::parse(text).unwrap();
        let violations = packyard_pack::schema::violations(&pack.schema, &values, Some(&original));
        violations.iter().map(|v| format!("{}: {v}", v.mark.map_or(0, |mark| mark.line))).collect()
    };
    assert_eq!(said(own), ["4: `manifests.app.token` is required and has no value"]);
    let good = "manifests: {app: {port: '80', token: abcdefgh, mode: {a: ['1', two]}, hosts: [{ip: 10.0.0.1}, {}]}}\n";
    assert_eq!(said(good), [""; 0]);
    // What a macro gives is known at deployment.
    assert_eq!(said(&good.replace("'80'", "'{{.spectro.var.port}}'")), [""; 0]);
    let bad = "manifests: {app: {port: 70000, token: SECRET, mode: {a: [1]}, hosts: [{ip: 10.0.0.1}, {ip: x}]}}\n";
    assert_eq!(
        said(bad),
        [
            "1: `70000` at `manifests.app.port` is not of the form `${number:[1-65535]}`",
            "1: the value of `manifests.app.token` is not of the form `${password:/[a-z]{8}/}`",
            "1: `manifests.app.mode` is read-only and was changed",
            "1: `x` at `manifests.app.hosts.$[].ip` is not of the form `${ipv4}`",
        ]
    );
}
