//! At a terminal: the questions, their defaults, answers that will not do, and the end of the answers.

use super::write_chart;
use crate::pack_shell::{json, pack_shell};
use serde_json::json;

/// Runs `packyard` at a terminal of its own; each answer is typed when its question is there.
const AT_A_TERMINAL: &str = r#"
import json, os, pty, signal, sys
command, answers = sys.argv[1:-1], json.loads(sys.argv[-1])
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)

def too_long(*_):
    os.kill(child, signal.SIGKILL)
    sys.exit("no end:\n%s" % said.decode())

signal.signal(signal.SIGALRM, too_long)
signal.alarm(120)
said, at = b"", 0
for question, answer in answers:
    while said.find(question.encode(), at) < 0:
        try:
            more = os.read(terminal, 4096)
        except OSError:
            more = b""
        if not more:
            sys.exit("not asked: %s\n%s" % (question, said.decode()))
        said += more
    at = said.find(question.encode(), at) + len(question)
    os.write(terminal, b"\x04" if answer == "EOF" else b"\x03" if answer == "INT" else answer.encode() + b"\n")
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:
        break
    if not more:
        break
    said += more
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(json.dumps({"code": status, "said": said.decode()}))
"#;

fn at_a_terminal(shell: &crate::shell::Shell, command: &str, answers: &serde_json::Value) -> serde_json::Value {
    let answers = answers.to_string();
    json(&shell.env("ANSWERS", &answers), &format!("python3 terminal.py {command} \"$ANSWERS\""))
}

#[test]
fn a_person_is_asked_and_may_agree_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let shell = pack_shell(folder.path(), &[]);
    write_chart(folder.path(), "lights", "1.0.0");
    std::fs::write(folder.path().join("terminal.py"), AT_A_TERMINAL).unwrap();
    let before = shell.ok("ls -A");

    let answers = json!([
        ["Name [lights]: ", "Harbour"],
        ["has characters other than", "harbour"],
        ["Display name [Harbour]: ", "The Harbour"],
        ["Version [1.0.0]: ", "1.5"],
        ["not a version of SemVer 2", "1.5.0"],
        ["Layer (kernel, os, k8s, cni, csi, addon) [addon]: ", ""],
        ["Type of add-on [monitoring]: ", ""],
        ["Clouds, with commas between [all]: ", "aws, azure"],
        ["Namespace [harbour]: ", ""],
    ]);
    let end = at_a_terminal(&shell, "packyard pack init lights", &answers);
    assert_eq!(end["code"], json!(0), "{end}");
    let pack = json(&shell, "cat harbour-1.5.0/pack.json");
    let fields = ["name", "displayName", "version", "layer", "addonType", "cloudTypes"];
    let expected = json!(["harbour", "The Harbour", "1.5.0", "addon", "monitoring", ["aws", "azure"]]);
    assert_eq!(json!(fields.map(|field| &pack[field])), expected);
    shell.ok("grep -q 'namespace: \"harbour\"' harbour-1.5.0/values.yaml && rm -r harbour-1.5.0");

    // What is given is not asked, and nothing with --yes.
    let given = "--name a --display-name A --pack-version 1.0.0 --layer os --namespace a";
    let end = at_a_terminal(&shell, &format!("packyard pack init lights {given}"), &json!([["Clouds", ""]]));
    assert_eq!(end["code"], json!(0), "{end}");
    let end = at_a_terminal(&shell, "packyard pack init lights --yes", &json!([]));
    assert!(end["code"] == json!(0) && !end["said"].as_str().unwrap().contains("Name ["), "{end}");
    shell.ok("rm -r a-1.0.0 lights-1.0.0");

    for (answer, code, said) in [("EOF", 1, "the answers ended"), ("INT", 130, "interrupted; nothing was written")] {
        let end = at_a_terminal(&shell, "packyard pack init lights", &json!([["Name", ""], ["Display name", answer]]));
        assert!(end["code"] == json!(code) && end["said"].as_str().unwrap().contains(said), "{end}");
        assert_eq!(shell.ok("ls -A"), before);
    }
}
