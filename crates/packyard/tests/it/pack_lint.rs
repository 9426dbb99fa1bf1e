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
fn a_folder_of_packs_stands_for_the_packs_in_it() {
    let folder = tempfile::tempdir().unwrap();
    PackBuilder::new("hello", "1.5").write_to(&folder.path().join("packs/b"));
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("packs/a"));
    std::fs::write(folder.path().join("packs/README.md"), "# Packs\n").unwrap();
    let output = lint(&[&folder.path().join("packs")], &["--output", "json"]);
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let paths: Vec<&str> =
        report["packs"].as_array().unwrap().iter().map(|pack| pack["path"].as_str().unwrap()).collect();
    let packs = ["a", "b"].map(|pack| folder.path().join("packs").join(pack).display().to_string());
    assert_eq!((output.status.code(), paths), (Some(0), packs.iter().map(String::as_str).collect()));
    assert_eq!(report["warnings"], json!(1));
    // One level down and no further: what is above lacks a pack.json, and that is said of it.
    let output = lint(&[folder.path()], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("error[PACK001]"), "{}", stdout(&output));
}

/// A mark before the brace is the very thing to see; one that turns the line around is not to do so.
#[test]
fn the_line_of_a_finding_shows_what_is_invisible() {
    let text = "\u{feff}{ \"name\": \"a\u{202e}b\", ";
    let folder = PackBuilder::new("hello", "1.0.0").file("pack.json", text).folder();
    let shown = stdout(&lint(&[folder.path()], &[]));
    assert!(shown.contains("1 | \u{fffd}{ \"name\": \"a\u{fffd}b\", \n"), "{shown}");
    assert!(shown.contains("begins with a byte order mark"), "{shown}");
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
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no file or folder `/nonexistent/pack`"));
}

fn json_of(output: &Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(output)))
}

#[test]
fn findings_are_allowed_by_code_for_a_reason() {
    let allow = "[[allow]]\ncode = \"PACK102\"\nreason = \"as upstream numbers it\"\n";
    let folder = PackBuilder::new("hello", "1.5").file(".packlint.toml", allow).folder();
    let output = lint(&[folder.path()], &["--deny", "warnings"]);
    assert_eq!(
        (output.status.code(), stdout(&output).as_str()),
        (Some(0), "1 pack: 0 errors, 0 warnings, 1 allowed\n")
    );
    let report = json_of(&lint(&[folder.path()], &["--format", "json"]));
    assert_eq!((&report["allowed"], &report["warnings"]), (&json!(1), &json!(0)));
    let allowed = &report["packs"][0]["allowed"][0];
    assert_eq!((&allowed["code"], &allowed["reason"]), (&json!("PACK102"), &json!("as upstream numbers it")));

    // Only in the file named; and what was allowed in vain is said.
    let elsewhere = format!("{allow}file = \"values.yaml\"\n");
    let folder = PackBuilder::new("hello", "1.5").file("packlint.toml", &elsewhere).folder();
    let output = lint(&[folder.path()], &["--deny", "warnings"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("allows PACK102, which is not found"));

    // A file given counts for every pack, and in the place of their own.
    let config = folder.path().join("other.toml");
    std::fs::write(&config, allow).unwrap();
    let config = config.to_str().unwrap();
    let output = lint(&[folder.path()], &["--deny", "warnings", "--config", config]);
    assert_eq!((output.status.code(), output.stderr.is_empty()), (Some(0), true));

    for (text, part) in
        [("[[allow]]\ncode = \"PACK007\"\nreason = \"x\"\n", "is an error"), ("x = 1\n", "unknown field")]
    {
        let wrong = PackBuilder::new("hello", "1.0.0").file(".packlint.toml", text).folder();
        let output = lint(&[wrong.path()], &[]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && stderr.contains(part) && stderr.contains(".packlint.toml"),
            "{stderr}"
        );
    }
    let two = PackBuilder::new("hello", "1.0.0").file(".packlint.toml", "").file("packlint.toml", "").folder();
    assert!(String::from_utf8_lossy(&lint(&[two.path()], &[]).stderr).contains("keep one of the two"));
}

#[test]
fn sarif_names_rules_places_and_what_is_allowed() {
    let allow = "[[allow]]\ncode = \"PACK110\"\nreason = \"an old name\"\n";
    let builder = PackBuilder::new("he--llo", "1.5").file(".packlint.toml", allow);
    let folder = builder.folder();
    let archive = folder.path().parent().unwrap().join("a pack.tar.gz");
    std::fs::write(&archive, builder.gnu_tar()).unwrap();
    let output = lint(&[folder.path(), &archive], &["--format", "sarif"]);
    let log = json_of(&output);
    assert_eq!((output.status.code(), &log["version"]), (Some(0), &json!("2.1.0")));
    let run = &log["runs"][0];
    assert_eq!((&run["tool"]["driver"]["name"], &run["columnKind"]), (&json!("packyard"), &json!("unicodeCodePoints")));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 4, "{results:#?}");
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    let physical = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(results[0]["ruleId"], "PACK102");
    assert_eq!(physical["region"], json!({ "startLine": 4, "startColumn": 3 }));
    assert_eq!(physical["artifactLocation"]["uri"], json!(format!("file://{}/pack.json", folder.path().display())));
    let suppressed: Vec<_> = results.iter().filter(|result| !result["suppressions"].is_null()).collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "an old name");
    // Inside an archive there is no file to point at.
    let in_archive = results.iter().find(|result| {
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        uri.as_str().unwrap().ends_with("/a%20pack.tar.gz")
    });
    let in_archive = in_archive.unwrap();
    assert!(in_archive["locations"][0]["physicalLocation"]["region"].is_null());
    assert!(in_archive["message"]["text"].as_str().unwrap().starts_with("pack.json:"), "{in_archive}");
}

#[test]
fn github_gets_one_command_for_each_finding() {
    let folder = PackBuilder::new("hello", "1.5").values("a: [1\n").folder();
    let output = lint(&[folder.path()], &["--format", "github"]);
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    let file = folder.path().display();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].starts_with(&format!("::error file={file}/values.yaml,line=")), "{text}");
    let warning =
        format!("::warning file={file}/pack.json,line=4,col=3,title=PACK102::version `1.5` is not of the form");
    assert!(lines[1].starts_with(&warning) && lines[1].contains("%0A"), "{text}");
    let sound = PackBuilder::new("hello", "1.0.0").folder();
    assert_eq!(stdout(&lint(&[sound.path()], &["--format", "github"])), "");
}

/// An odd pack: most of what `--fix` mends, and something that it does not.
fn odd() -> PackBuilder {
    let values = "# spectrocloud.com/enabled-presets: A:b\n# about\npack:\n  content:\n    images:\n    - image: a/server:1 # kept\n    - iamge: c/d:2\n    - {iamge: e/f:1, x: 1}\nmanifests: {app: {}}\n";
    let manifest = "kind: Pod\nspec:\n  containers:\n  - image: quay.io/x/agent:3\n  - image: a/server:1\n  - image: c/d:2\n  - image: e/f:1\n";
    let builder = PackBuilder::new("hello", "1.5").unset("displayName").unset("cloudTypes");
    builder.set("eol", json!(" 2030-01-01 ")).values(values).file("manifests/app.yaml", manifest)
}

#[test]
fn fix_mends_what_is_safe_and_nothing_else() {
    let folder = odd().folder();
    let before = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    let (metadata, values) = (before("pack.json"), before("values.yaml"));

    let dry = lint(&[folder.path()], &["--fix", "--dry-run", "--pedantic"]);
    let text = stdout(&dry);
    for line in [
        "--- a/values.yaml",
        "-    - iamge: c/d:2",
        "+    - image: c/d:2",
        "+  \"displayName\": \"hello\",",
        "-# spectrocloud.com/enabled-presets: A:b",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(text.ends_with("7 to fix with --fix\n"), "{text}");
    assert_eq!((before("pack.json"), before("values.yaml")), (metadata.clone(), values.clone()));

    let fixed = lint(&[folder.path()], &["--fix", "--pedantic"]);
    let text = stdout(&fixed);
    assert!(text.contains("fixed[PACK142]: ") && text.contains("warning[PACK102]: "), "{text}");
    assert!(text.ends_with("1 pack: 0 errors, 1 warning, 7 fixed\n"), "{text}");
    let expected = values
        .replace("# spectrocloud.com/enabled-presets: A:b\n", "")
        .replace("iamge", "image")
        .replace("x: 1}\n", "x: 1}\n    - image: quay.io/x/agent:3\n");
    assert_eq!(before("values.yaml"), expected);
    let name = "  \"name\": \"hello\",\n";
    let added = "  \"name\": \"hello\",\n  \"cloudTypes\": [\"all\"],\n  \"displayName\": \"hello\",\n";
    let with_order = |added: &str| metadata.replace(name, added).replace("\" 2030-01-01 \"", "\"2030-01-01\"");
    let other = "  \"name\": \"hello\",\n  \"displayName\": \"hello\",\n  \"cloudTypes\": [\"all\"],\n";
    let now = before("pack.json");
    assert!(now == with_order(added) || now == with_order(other), "{now}");

    let again = stdout(&lint(&[folder.path()], &["--fix", "--pedantic"]));
    assert!(again.ends_with("1 pack: 0 errors, 1 warning\n"), "{again}");
    assert_eq!((before("pack.json"), before("values.yaml")), (now, expected));
}

#[test]
fn fix_leaves_what_is_allowed_and_changes_only_folders() {
    let allow = "[[allow]]\ncode = \"PACK142\"\nreason = \"read by a script\"\n";
    let folder = odd().file(".packlint.toml", allow).folder();
    let report = json_of(&lint(&[folder.path()], &["--fix", "--output", "json"]));
    let codes: Vec<_> = report["packs"][0]["fixed"].as_array().unwrap().iter().map(|fix| fix["code"].clone()).collect();
    assert!(!codes.contains(&json!("PACK142")) && codes.contains(&json!("PACK181")), "{codes:?}");
    assert!(std::fs::read_to_string(folder.path().join("values.yaml")).unwrap().contains("iamge"));

    let archive = folder.path().parent().unwrap().join("x.tar.gz");
    std::fs::write(&archive, odd().archive()).unwrap();
    let output = lint(&[&archive], &["--fix"]);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && stderr.contains("--fix changes folders") && stderr.contains("an archive")
    );
    assert_eq!(lint(&[folder.path()], &["--dry-run"]).status.code(), Some(2));
}

/// Links inside a pack, its permissions and its line ends are the author's.
#[cfg(unix)]
#[test]
fn fix_keeps_links_permissions_and_line_ends() {
    use std::os::unix::fs::PermissionsExt;
    let values = "pack:\r\n  content:\r\n    images:\r\n    - iamge: a/b:1\r\n";
    let folder = PackBuilder::new("hello", "1.0.0").file("own.yaml", values).without("values.yaml").folder();
    let (link, file) = (folder.path().join("values.yaml"), folder.path().join("own.yaml"));
    std::os::unix::fs::symlink("own.yaml", &link).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let text = stdout(&lint(&[folder.path()], &["--fix"]));
    assert!(text.ends_with("1 fixed\n"), "{text}");
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), values.replace("iamge", "image"));
}

#[test]
fn dependencies_are_checked_among_the_packs_given() {
    let needs = json!({"dependencies": [
        {"packName": "base", "layer": "addon", "type": "required", "minVersion": "2.0", "maxVersion": ""},
    ]});
    let app = PackBuilder::new("app", "1.0.0").set("constraints", needs).folder();
    let old = PackBuilder::new("base", "1.9.0").folder();
    let new = PackBuilder::new("base", "2.1.0").folder();
    let alone = lint(&[app.path()], &["--deny", "warnings"]);
    assert_eq!(alone.status.code(), Some(0));
    let text = stdout(&lint(&[app.path(), old.path()], &[]));
    let said = "no known version of `base` is 2.0 or newer; the newest are 1.9.0";
    assert!(text.contains("warning[PACK112]") && text.contains(said), "{text}");
    assert_eq!(lint(&[old.path(), app.path(), new.path()], &["--deny", "warnings"]).status.code(), Some(0));
}

#[test]
fn pedantic_findings_are_shown_only_when_asked_for() {
    let folder = PackBuilder::new("hello", "1.0.0").without("README.md").folder();
    assert_eq!(stdout(&lint(&[folder.path()], &[])), "1 pack: 0 errors, 0 warnings\n");
    let text = stdout(&lint(&[folder.path()], &["--pedantic"]));
    assert!(text.contains("warning[PACK190]: the pack has no README.md"), "{text}");
}
