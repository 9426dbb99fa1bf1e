use super::*;
use crate::model::PackType;

fn pack(name: &str, version: &str, values: &str) -> PackRef {
    PackRef {
        name: name.to_owned(),
        pack_uid: String::new(),
        registry_uid: "r".to_owned(),
        tag: version.to_owned(),
        pack_type: PackType::Oci,
        layer: "addon".to_owned(),
        values: values.to_owned(),
        manifests: Vec::new(),
        version: String::new(),
        digest: String::new(),
    }
}

fn snapshot(packs: Vec<PackRef>) -> Snapshot {
    Snapshot {
        name: "web".to_owned(),
        version: "1.0.0".to_owned(),
        description: String::new(),
        labels: Labels::new(),
        variables: Vec::new(),
        template: Template { packs },
    }
}

#[test]
fn what_is_the_same_has_no_difference() {
    let one = snapshot(vec![pack("a", "1", "x"), pack("a", "1", "y")]);
    assert!(Difference::between(&one, &one).is_empty());
}

#[test]
fn layers_are_added_removed_changed_and_moved() {
    let old = snapshot(vec![pack("a", "1", "x"), pack("b", "1", "x"), pack("c", "1", "x"), pack("d", "1", "x")]);
    let mut new = snapshot(vec![pack("c", "2", "x"), pack("b", "1", "y"), pack("e", "1", "x"), pack("d", "1", "x")]);
    new.description = "now".to_owned();
    let found = Difference::between(&old, &new);
    assert_eq!(
        found.summary(),
        [
            "description changed",
            "c 1 → 2",
            "values of b changed",
            "e added",
            "a removed",
            "order of the layers changed"
        ]
    );
    assert!(found.is_reordered);
    let values = found.layers[1].values.as_ref().unwrap();
    assert_eq!((values.from.as_str(), values.to.as_str()), ("x", "y"));
}

#[test]
fn a_layer_of_manifests_is_the_same_one_under_another_name() {
    let layer = |name: &str, uid: &str| PackRef {
        pack_uid: uid.to_owned(),
        pack_type: PackType::Manifest,
        ..pack(name, "", "")
    };
    let old = snapshot(vec![layer("spaces", "1"), layer("roles", "2"), pack("a", "1", "x")]);
    let new = snapshot(vec![layer("roles", "2"), layer("rooms", "1"), pack("b", "1", "x")]);
    let said = ["spaces renamed to rooms", "b added", "a removed", "order of the layers changed"];
    assert_eq!(Difference::between(&old, &new).summary(), said);
    // A layer that took the name of another is what it is called.
    let swapped = snapshot(vec![layer("roles", "1"), layer("spaces", "2"), pack("a", "1", "x")]);
    assert!(Difference::between(&old, &swapped).layers.iter().all(|layer| layer.old_name.is_none()));
}
