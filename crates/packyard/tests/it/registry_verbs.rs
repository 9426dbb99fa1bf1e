//! `packyard registry`, the verbs that are about other registries.

use crate::management::Management;
use crate::publish::{publish, shell, write_pack};
use crate::yard;
use packyard_testkit::peer_or_skip;
use serde_json::{Value, json};

#[test]
fn validate_says_that_a_path_is_empty_and_what_nearly_fits() {
    if peer_or_skip("curl", "validate_says_that_a_path_is_empty_and_what_nearly_fits").is_none() {
        return;
    }
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let root = shell(folder.path(), &[])
        .envs(&yard.aws_env())
        .env("PACKYARD_SERVER", &yard.url())
        .env("PACKYARD_API_KEY", &Management::log_in(&yard).api_key());
    write_pack(&folder.path().join("p"), "hello", "# Hello\n");
    let (report, good) = publish(&root, &format!("p --to {}/other", yard.host()));
    assert!(good, "{report}");
    let validate = |base: &str, more: &str| {
        root.ok(&format!(
            "echo $AWS_SECRET_ACCESS_KEY | packyard registry validate --kind ecr --endpoint {} --base {base} --access-key $AWS_ACCESS_KEY_ID --secret-stdin {more}",
            yard.url()
        ))
    };
    let empty = validate("team", "");
    assert!(empty.starts_with("the registry can be reached and read\n"), "{empty}");
    assert!(empty.contains("no packs under `team/spectro-packs/archive/` yet"), "{empty}");
    assert!(
        empty.contains("other/spectro-packs/archive looks nearly like one: `other` holds 1 pack. Put `other`"),
        "{empty}"
    );
    let document: Value = serde_json::from_str(&validate("team", "--output json")).unwrap();
    assert!(document["valid"] == true && document["notes"].as_array().unwrap().len() >= 2, "{document}");
    let document: Value = serde_json::from_str(&validate("other", "--output json")).unwrap();
    assert_eq!(document, json!({ "valid": true, "notes": [] }));
}
