//! `packyard pack lint`.

use packyard_testkit::PackBuilder;
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn lint(paths: &[&Path], args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_packyard")).args(["pack", "lint"]).args(paths).args(args).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_sound_pack_is_silent_as_folder_and_as_archive() {
    let builder = PackBuilder::new("hello", "1.2.3");
    let folder = builder.folder();
    let archive = folder.path().parent().unwrap().join("hello.tar.gz");
    std::fs::write(&archive, builder.gnu_tar()).unwrap();
    let output = lint(&[folder.path(), &archive], &["--deny", "warnings"]);
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(0), "2 packs: 0 errors, 0 warnings\n"));
}

#[test]
fn a_finding_shows_its_line_and_what_to_do() {
    let folder = PackBuilder::new("hello", "1.5").folder();
    let output = lint(&[folder.path()], &[]);
    let expected = format!(
        "warning[PACK102]: version `1.5` is not of the form MAJOR.MINOR.PATCH
 --> {}/pack.json:4:3
  |
4 |   \"version\": \"1.5\",
  |   ^
  = help: Write `1.5.0`, not `1.5`.

1 pack: 0 errors, 1 warning
",
        folder.path().display()
    );
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), expected));
    assert_eq!(lint(&[folder.path()], &["--deny", "warnings"]).status.code(), Some(1));
}

#[test]
fn errors_fail_also_where_the_pack_cannot_be_loaded() {
    let broken = PackBuilder::new("hello", "1.0.0").file("pack.json", "{\n  \"name\": 1\n}\n").folder();
    let output = lint(&[broken.path()], &[]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("error[PACK003]: `name` is a number, not a string") && text.contains("2 |   \"name\": 1"),
        "{text}"
    );
    let values = PackBuilder::new("hello", "1.0.0").values("a: [1\n").folder();
    let output = lint(&[values.path()], &["--output", "json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((output.status.code(), &report["errors"]), (Some(1), &json!(1)));
    let finding = &report["packs"][0]["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&json!("PACK007"), &json!("error")));
    assert_eq!(finding["place"]["file"], "values.yaml");
    let nothing = lint(&[Path::new("/nonexistent/pack")], &[]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("cannot read `/nonexistent/pack`"));
}
