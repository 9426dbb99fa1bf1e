use super::*;
use packyard_catalog::{PackContent, PackDependency, PackRow, PackSchema};
use packyard_pack::values::Values;

fn layer(name: &str, layer: &str, version: &str, values: &str) -> PackRef {
    PackRef {
        name: name.to_owned(),
        pack_uid: name.to_owned(),
        registry_uid: "r".to_owned(),
        tag: version.to_owned(),
        pack_type: PackType::Oci,
        layer: layer.to_owned(),
        values: values.to_owned(),
        manifests: Vec::new(),
        version: version.to_owned(),
        digest: String::new(),
    }
}

fn detail(pack: &PackRef) -> PackDetail {
    PackDetail {
        row: PackRow {
            uid: pack.pack_uid.clone(),
            registry_uid: "r".to_owned(),
            registry_name: "r".to_owned(),
            name: pack.name.clone(),
            display_name: pack.name.clone(),
            version: pack.version.clone(),
            kind: packyard_catalog::PackKind::Pack,
            repository: String::new(),
            tag: pack.tag.clone(),
            digest: String::new(),
            layer_digest: String::new(),
            size: 0,
            layer: pack.layer.clone(),
            addon_type: String::new(),
            addon_sub_type: String::new(),
            cloud_types: Vec::new(),
            group: String::new(),
            eol: String::new(),
            annotations: Default::default(),
            description: String::new(),
            state: PackState::Active,
            is_gone: false,
            has_logo: false,
            has_readme: false,
            warnings: 0,
            updated_ms: 0,
        },
        values: pack.values.clone(),
        readme: None,
        schema: Vec::new(),
        presets: Vec::new(),
        dependencies: Vec::new(),
        findings: Vec::new(),
        metadata: serde_json::Value::Null,
        content: PackContent::default(),
        archive: None,
    }
}

fn found(kind: Kind, packs: Vec<PackRef>, change: impl Fn(&mut PackDetail)) -> Vec<String> {
    found_after(kind, packs, None, change)
}

fn found_after(
    kind: Kind,
    packs: Vec<PackRef>,
    published: Option<&Template>,
    change: impl Fn(&mut PackDetail),
) -> Vec<String> {
    let template = Template { packs };
    let details = template.packs.iter().map(|pack| {
        let mut known = detail(pack);
        change(&mut known);
        (pack.pack_uid.clone(), known)
    });
    let packs = details.collect();
    let remarks = check(&Subject { kind, template: &template, published, variables: Some(&[]), packs });
    let text = |remark: &Remark| format!("{}{remark}", if remark.is_error() { "" } else { "(warning) " });
    remarks.iter().map(text).collect()
}

fn need(name: &str, layer: &str, kind: &str, min: &str, max: &str) -> PackDependency {
    PackDependency {
        pack_name: name.to_owned(),
        layer: layer.to_owned(),
        kind: kind.to_owned(),
        min_version: min.to_owned(),
        max_version: max.to_owned(),
    }
}

#[test]
fn infrastructure_has_one_of_each_layer_in_order_and_an_add_on_profile_has_none() {
    let base = || ["os", "k8s", "cni", "csi"].map(|name| layer(name, name, "1.0.0", "")).to_vec();
    assert_eq!(found(Kind::Infra, base(), |_| {}), [""; 0]);
    let mut wrong = base();
    wrong.remove(3);
    wrong.swap(0, 1);
    wrong.push(layer("cni-2", "cni", "1.0.0", ""));
    let said = found(Kind::Cluster, wrong, |_| {});
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("layer 4 (cni-2): the layer `cni` has cni already"), "{said:?}");
    assert!(said[1].starts_with("a pack of the layer `csi` is missing; full profiles need"), "{said:?}");
    assert!(said[2].starts_with("layer 2 (os): `os` stands below `k8s`"), "{said:?}");
    assert_eq!(found(Kind::AddOn, base(), |_| {}).len(), 4);
    assert_eq!(found(Kind::AddOn, Vec::new(), |_| {}), ["the profile has no layers; add a pack"]);
}

#[test]
fn values_that_say_a_thing_twice_are_told_with_the_line() {
    let said =
        found(Kind::AddOn, vec![layer("web", "addon", "1.0.0", "a: 1\nb:\n  c: 1\n  c: 2\n---\na: 2\n")], |_| {});
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("(warning) layer 1 (web), line 4 of the values: `c` stands twice"), "{said:?}");
    assert!(said[1].starts_with("(warning) layer 1 (web), line 5 of the values: a second document"), "{said:?}");
}

#[test]
fn values_are_checked_with_their_lines() {
    let packs = vec![
        layer(
            "web",
            "addon",
            "1.0.0",
            "copies: 20\nzone: '{{.spectro.var.zone}}'\nhost: '{{.spectro.pack.dns.host}}'\n",
        ),
        layer("bad", "addon", "1.0.0", "a: \"\nb: 1\n"),
    ];
    let said = found(Kind::AddOn, packs, |known| {
        if known.row.name == "web" {
            let format = "${number:[1-9]}".to_owned();
            known.schema = vec![PackSchema { name: "copies".to_owned(), format, ..PackSchema::default() }];
        }
    });
    assert_eq!(
        said[..3],
        [
            "layer 1 (web), line 1 of the values: `20` at `copies` is not of the form `${number:[1-9]}`",
            "layer 1 (web), line 2 of the values: the variable `zone` is not defined. Create it under Variables",
            "layer 1 (web), line 3 of the values: `.spectro.pack.dns.host` takes a value of the pack `dns`, which is no layer of this profile",
        ]
    );
    assert!(said[3].starts_with("layer 2 (bad), line ") && said[3].contains("not YAML"), "{said:?}");
    assert_eq!(said.len(), 4, "{said:?}");
}

#[test]
fn what_breaks_a_schema_has_a_code_and_passwords_are_not_repeated() {
    let schema = |name: &str, format: &str, required| PackSchema {
        name: name.to_owned(),
        format: format.to_owned(),
        required,
        ..PackSchema::default()
    };
    let schema = [
        schema("a.port", "${number}", true),
        schema("a.mode", "${list:[a,b]}", false),
        schema("a.key", "${password:/^[a-z]{8}$/}", false),
        schema("a.absent", "${string}", true),
        schema("a.macro", "${ipv4}", true),
        PackSchema { readonly: true, ..schema("a.kept", "", false) },
    ];
    let broken = |text: &str| broken_rules(&Values::parse(text).unwrap(), "a:\n  kept: 1\n", &schema);
    let text = "a:\n  port: many\n  mode: c\n  key: hunter2\n  macro: '{{.spectro.var.ip}}'\n  kept: 2\n";
    let found = broken(text);
    let codes: Vec<_> = found.iter().map(|one| (one.code, one.line)).collect();
    let expected =
        [("ValueInvalid", 2), ("ValueInvalid", 3), ("ValueInvalid", 4), ("ValueRequired", 1), ("ValueReadOnly", 6)];
    assert_eq!(codes, expected, "{found:?}");
    assert!(!format!("{found:?}").contains("hunter2"));
    assert!(broken("a: {port: 1, absent: x, macro: 10.0.0.1, kept: 1}\n").is_empty());
}

#[test]
fn dependencies_of_every_kind_are_judged() {
    let pair = |version: &str| vec![layer("web", "addon", "2.0.0", ""), layer("dns", "addon", version, "")];
    let with = |need: PackDependency| {
        move |known: &mut PackDetail| {
            if known.row.name == "web" {
                known.dependencies = vec![need.clone()];
            }
        }
    };
    for (dependency, version, expected) in [
        (need("dns", "addon", "required", "1.2", "1.4"), "1.4.9", ""),
        (
            need("dns", "addon", "required", "1.2", "1.4"),
            "1.5.0",
            "goes with dns 1.2 to 1.4, and the profile has dns 1.5.0",
        ),
        (need("vault", "addon", "required", "", ""), "1.0.0", "needs vault. Add it to the profile"),
        (
            need("kubernetes", "k8s", "required", "1.29", ""),
            "1.0.0",
            "(warning) needs kubernetes 1.29 or newer, which is checked",
        ),
        (need("vault", "addon", "optional", "9", ""), "1.0.0", ""),
        (need("dns", "addon", "optional", "9", ""), "1.0.0", "goes with dns 9 or newer"),
        (need("dns", "addon", "notSupported", "", "1.0"), "1.0.3", "does not go with dns 1.0 or older"),
        (need("dns", "addon", "notSupported", "", "1.0"), "1.1.0", ""),
        (need("dns", "addon", "", "9", ""), "1.0.0", ""),
    ] {
        let said = found(Kind::AddOn, pair(version), with(dependency.clone())).join("; ");
        assert!(said.replace("layer 1 (web): ", "").starts_with(expected), "{dependency:?} {version}: {said}");
        assert_eq!(said.is_empty(), expected.is_empty(), "{dependency:?} {version}: {said}");
    }
    let before = |version: &str| Template { packs: vec![layer("web", "addon", version, "")] };
    let upgrade = || with(need("web", "addon", "upgrade", "1.9", ""));
    for (published, is_refused) in [("1.9.0", false), ("2.0.0", false), ("1.8.0", true)] {
        let said = found_after(Kind::AddOn, pair("1.0.0"), Some(&before(published)), upgrade());
        assert_eq!(!said.is_empty(), is_refused, "{published}: {said:?}");
    }
}

#[test]
fn packs_that_went_away_are_told_and_refuse_nothing() {
    let one = || vec![layer("web", "addon", "1.0.0", "")];
    for (change, text) in [
        ((|known| known.row.is_gone = true) as fn(&mut PackDetail), "no longer in its registry"),
        (|known| known.row.state = PackState::Deleted, "withdrew"),
        (|known| known.row.state = PackState::Deprecated, "deprecated"),
    ] {
        let said = found(Kind::AddOn, one(), change);
        assert!(said.len() == 1 && said[0].starts_with("(warning)") && said[0].contains(text), "{said:?}");
    }
    let template = Template { packs: one() };
    let subject =
        Subject { kind: Kind::AddOn, template: &template, published: None, variables: None, packs: HashMap::new() };
    let said = check(&subject);
    assert!(said.len() == 1 && !said[0].is_error() && said[0].message.contains("not in the catalogue"), "{said:?}");
}
