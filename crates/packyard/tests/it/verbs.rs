//! What holds for every verb: help with examples, completion, manual pages, colours, JSON, and exit codes.

use crate::pack_shell::{as_root, pack_shell};
use crate::shell::Shell;
use crate::yard;
use packyard_testkit::{PackBuilder, peer_or_skip, skip};
use serde_json::Value;

/// The verbs that have no verbs below them, as the help lists them.
fn leaves(shell: &Shell) -> Vec<String> {
    fn walk(shell: &Shell, path: &str, found: &mut Vec<String>) {
        let help = shell.ok(&format!("{path} --help"));
        let Some((_, listed)) = help.split_once("\nCommands:\n") else {
            found.push(path.to_owned());
            return;
        };
        for line in listed.lines().take_while(|line| !line.is_empty()) {
            // Lines that go on are indented further.
            let name =
                line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')).and_then(|rest| rest.split(' ').next());
            if let Some(name) = name.filter(|name| *name != "help") {
                walk(shell, &format!("{path} {name}"), found);
            }
        }
    }
    let mut found = Vec::new();
    walk(shell, "packyard", &mut found);
    assert!(found.len() > 50 && found.contains(&"packyard publish".to_owned()), "{found:?}");
    found
}

#[test]
fn every_help_has_examples_of_its_verb() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    let verbs = leaves(&shell);
    for verb in &verbs {
        let help = shell.ok(&format!("{verb} --help"));
        let Some((_, examples)) = help.split_once("\nExamples:\n") else { panic!("`{verb} --help` has no examples") };
        let first = examples.lines().next().unwrap_or_default();
        let typed = first.rsplit(" | ").next().unwrap().trim_start();
        assert!(typed.starts_with(verb.as_str()), "`{verb} --help` starts its examples with `{first}`");
    }
    packyard_testkit::note(&format!("help of {} verbs", verbs.len()));
}

#[test]
fn completion_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    for name in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = shell.ok(&format!("packyard completion {name} | tee script.{name}"));
        for word in ["publish", "logout", "inspect", "create-access-key", "ca-file"] {
            assert!(script.contains(word), "{name} does not complete {word}");
        }
    }
    let complete = "source script.bash && COMP_WORDS=(packyard pack insp) COMP_CWORD=2 && _packyard packyard insp pack && echo ${COMPREPLY[@]}";
    assert_eq!(shell.ok(&format!("bash -c '{complete}'")).trim(), "inspect");
    for (name, check) in [("zsh", "zsh -n script.zsh"), ("fish", "fish --no-execute script.fish")] {
        if shell.succeeds(&format!("command -v {name}")) {
            shell.ok(check);
        }
    }
}

#[test]
fn manual_pages_are_sound_and_complete() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    let out = shell.ok("packyard man man1");
    let verbs = leaves(&shell);
    for verb in &verbs {
        let page = format!("man1/{}.1", verb.replace(' ', "-"));
        let text = shell.ok(&format!("cat {page}"));
        assert!(text.contains(".SH EXAMPLES\n.nf\n") && text.contains(".SH OPTIONS"), "{page}");
    }
    let count = shell.ok("ls man1 | wc -l").trim().to_owned();
    assert!(out.starts_with(&format!("{count} pages in man1")), "{out}");
    if !shell.succeeds("command -v groff") {
        return skip("manual_pages_are_sound_and_complete", "groff is not installed (Debian: groff)");
    }
    let complaints = shell.ok("for page in man1/*; do groff -man -Tutf8 -ww -z $page 2>&1; done");
    assert_eq!(complaints, "", "groff complains of a page");
    let shown = shell.ok("groff -man -Tutf8 -P-c man1/packyard-pack-copy.1 | sed 's/\\x1b\\[[0-9;]*m//g; s/.\\x08//g'");
    assert!(
        shown.contains("packyard pack copy localhost:7225/my-base/my-pack:1.0.0 harbor.example.com/my-project\n"),
        "{shown}"
    );
}

/// Sequences that paint, not those that move the cursor.
fn is_painted(text: &str) -> bool {
    text.split("\x1b[")
        .skip(1)
        .any(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m'))
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let test = "colours_are_for_terminals_that_want_them";
    if peer_or_skip("script", test).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard)
        .env("TERM", "xterm-256color")
        .env("PACKYARD_SERVER", &yard.url());
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("a"));
    PackBuilder::new("hello", "1.1.0").unset("addonType").write_to(&folder.path().join("b"));
    shell.ok("packyard publish a --to $H/team");
    // Both outputs are the terminal.
    let on_terminal = |shell: &Shell, command: &str| {
        let out = shell.env("COMMAND", command).run("script -qec \"$COMMAND\" /dev/null </dev/null");
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let painted = ["packyard --help", "packyard nonsense", "packyard pack diff a b", "packyard pack list $H/team -v"];
    let others = [
        "packyard publish a --to $H/team",
        "packyard publish b --to $H/team",
        "packyard pack lint a b",
        "packyard pack build a --out built.tar.gz --force",
        "packyard pack explain PACK101",
        "packyard pack inspect $H/team/hello:1.0.0",
        "packyard pack pull $H/team/hello:1.0.0 --force",
        "packyard pack copy $H/team/hello:1.0.0 $H/copies",
        "packyard pack search",
        "packyard login $H --auth ecr",
        "packyard logout $H",
        "packyard registry list",
        "packyard iam list-users",
        "packyard iam create-user",
        "packyard pack pull $H/team/none:1",
    ];
    let without = [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")];
    for command in painted {
        let text = on_terminal(&shell, command);
        assert!(is_painted(&text), "`{command}` is plain on a terminal: {text}");
        assert!(
            is_painted(&on_terminal(&shell, &format!("{command} --color always | cat"))) || command.contains("-v"),
            "`{command}`"
        );
    }
    for command in painted.iter().chain(&others) {
        for (variable, value) in without {
            let text = on_terminal(&shell.env(variable, value), command);
            assert!(!text.is_empty() && !is_painted(&text), "`{command}` is painted with {variable}={value}: {text:?}");
        }
        let text = on_terminal(&shell, &format!("{command} --color never"));
        assert!(!is_painted(&text), "`{command} --color never` is painted: {text:?}");
        let out = shell.run(&format!("{command} 2>&1 | cat"));
        assert!(!is_painted(&String::from_utf8_lossy(&out.stdout)), "`{command}` is painted in a pipe");
    }
}

/// Runs, and gives the exit code and the document on standard output.
#[track_caller]
fn document(shell: &Shell, script: &str) -> (Option<i32>, Value) {
    let out = shell.run(script);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("`{script}`: {error}: {text:?}\n{said}"));
    (out.status.code(), value)
}

#[test]
fn standard_output_is_one_document_also_in_failure() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard)
        .env("PACKYARD_SERVER", "http://localhost:1")
        .env("PACKYARD_API_KEY", "x");
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    PackBuilder::new("broken", "1.0.0").file("pack.json", "{").write_to(&folder.path().join("broken"));
    for verb in leaves(&shell) {
        for words in [format!("{verb} --no-such-flag --output json"), format!("{verb} --output=json --no-such-flag")] {
            let (code, found) = document(&shell, &words);
            assert_eq!(code, Some(2), "{words}");
            assert!(found["error"].as_str().is_some_and(|error| error.contains("--no-such-flag")), "{words}: {found}");
        }
    }
    for (script, expected) in [
        ("publish hello --to localhost:1/team", 1),
        ("publish broken --to $H/team", 1),
        ("publish none --to $H/team", 1),
        ("pack lint broken", 1),
        ("pack lint none", 1),
        ("pack explain PACK9999", 1),
        ("pack build broken", 1),
        ("pack pull $H/team/none:1", 1),
        ("pack pull localhost:1/team/none:1", 1),
        ("pack inspect none/", 1),
        ("pack inspect $H/team/none:1", 1),
        ("pack list localhost:1/team", 1),
        ("pack list 'no host'", 2),
        ("pack diff hello none", 2),
        ("pack copy $H/team/none:1 $H/other", 1),
        ("pack search", 1),
        ("login localhost:1 -u u --password-stdin </dev/null", 1),
        ("logout 'no host'", 2),
        ("registry list", 1),
        ("api-key list", 1),
        ("registry sync none", 1),
        ("iam list-users --server http://localhost:1", 1),
        ("iam get-user --user-name none --server http://$H", 1),
        ("admin rotate-root-key --data none", 1),
        ("serve --data d --listen nonsense", 2),
        ("man hello/pack.json", 1),
    ] {
        let (code, found) = document(&shell, &format!("packyard {script} --output json -vv"));
        assert_eq!(code, Some(expected), "{script}: {found}");
    }
}

#[test]
fn quiet_verbose_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let yard = yard();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    PackBuilder::new("hello", "1.0.0").write_to(&folder.path().join("hello"));
    PackBuilder::new("hello", "1.1.0").write_to(&folder.path().join("next"));
    for (script, expected) in [
        ("publish hello --to $H/team", 0),
        ("publish hello --to localhost:1/team", 1),
        ("publish hello", 2),
        ("publish hello --to 'no host'", 2),
        ("pack diff hello hello", 0),
        ("pack diff hello next", 1),
        ("pack diff hello none/", 2),
        ("pack list $H/team", 0),
        ("pack list $H/none", 0),
        ("pack list localhost:1/team", 1),
        ("logout $H", 0),
        ("--version", 0),
        ("--help", 0),
        ("nonsense", 2),
        ("", 2),
    ] {
        let out = shell.run(&format!("packyard {script}"));
        assert_eq!(out.status.code(), Some(expected), "{script}: {}", String::from_utf8_lossy(&out.stderr));
    }
    let said = |script: &str| {
        let out = shell.run(script);
        (String::from_utf8_lossy(&out.stdout).into_owned(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    assert_eq!(said("packyard pack list $H/team").1, "", "nothing to say");
    let (data, log) = said("packyard pack list $H/team -v");
    assert!(data.contains("hello") && log.contains("path=\"/v2/\"") && log.contains("status=200"), "{log}");
    assert!(!log.contains("TRACE"), "{log}");
    assert!(said("packyard pack list $H/team -vv").1.contains("TRACE"));
    let (_, quiet) = said("packyard pack list localhost:1/team --quiet");
    assert_eq!(quiet.lines().count(), 1, "errors are said also with --quiet: {quiet}");
    assert!(!said("packyard login $H --auth ecr").1.is_empty(), "where the password lies");
    assert_eq!(said("packyard login $H --auth ecr --quiet").1, "");
}
