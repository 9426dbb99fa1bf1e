//! `packyard pack explain`.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn explain(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_packyard")).args(["pack", "explain"]).args(args).output().unwrap()
}

#[test]
fn every_code_is_explained_as_on_the_page() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/packs.md")).unwrap();
    let out = explain(&["--output", "json"]);
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    let all = all.as_array().unwrap();
    assert!(out.status.success() && all.len() > 30, "{}", all.len());
    for rule in all {
        let text = |key: &str| rule[key].as_str().unwrap();
        let cell = |key: &str| text(key).replace('|', "\\|");
        let row = format!(
            "| {} | {} | {} | {} | {} |",
            cell("code"),
            cell("severity"),
            cell("what"),
            cell("why"),
            match rule["automatic"].as_str() {
                Some(how) => format!("{} `--fix` {}.", cell("fix"), how.replace('|', "\\|")),
                None => cell("fix"),
            }
        );
        assert!(page.contains(&row), "{row}");
    }
    let one = explain(&["pack101"]);
    let text = String::from_utf8_lossy(&one.stdout).into_owned();
    assert!(one.status.success() && text.starts_with("warning[PACK101]: version starts with v\n\nwhy   "), "{text}");
    assert!(text.contains("\nfix   "), "{text}");
    let list = String::from_utf8_lossy(&explain(&[]).stdout).into_owned();
    assert!(list.contains("PACK101  warning  version starts with v\n"), "{list}");
}

#[test]
fn an_unknown_code_leads_to_near_ones() {
    let out = explain(&["PACK119"]);
    let text = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1));
    assert!(text.contains("no finding with the code `PACK119`; near it: ") && text.contains("PACK110 ("), "{text}");
    assert!(text.contains("`packyard pack explain` lists all codes"), "{text}");
    assert_eq!(explain(&["one", "two"]).status.code(), Some(2));
}
