//! Findings for other programs: SARIF 2.1.0 for code scanning, and the workflow commands that GitHub shows beside lines.

use super::report::{LintedFinding, LintedPack, Report};
use packyard_pack::lint::{self, Finding};
use serde_json::{Value, json};
use std::path::Path;

/// A SARIF log with every rule and every finding; what is allowed is a suppressed result.
pub(super) fn sarif(report: &Report) -> Value {
    let rules: Vec<Value> = lint::RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.code,
                "shortDescription": { "text": rule.title },
                "fullDescription": { "text": rule.explanation },
                "help": { "text": rule.fix },
                "defaultConfiguration": { "level": level(rule.severity.as_str()) },
            })
        })
        .collect();
    let results = report.packs.iter().flat_map(|pack| {
        let found = pack.findings.iter().map(|linted| result(pack, linted, None));
        found.chain(pack.allowed.iter().map(|allowed| result(pack, &allowed.linted, Some(&allowed.reason))))
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "packyard", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn level(severity: &str) -> &str {
    if matches!(severity, "error" | "warning") { severity } else { "note" }
}

fn result(pack: &LintedPack, linted: &LintedFinding, allowed: Option<&str>) -> Value {
    let finding = &linted.finding;
    let hint = finding.hint.as_ref().map(|hint| format!(" {hint}")).unwrap_or_default();
    let (file, message) = file_and_message(pack, finding);
    let mut location = json!({ "artifactLocation": { "uri": uri(&file) } });
    if let Some(line) = finding.place.as_ref().and_then(|place| place.line).filter(|_| pack.is_folder) {
        location["region"] = json!({ "startLine": line });
        if let Some(column) = finding.place.as_ref().and_then(|place| place.column) {
            location["region"]["startColumn"] = json!(column);
        }
    }
    let mut result = json!({
        "ruleId": finding.code,
        "ruleIndex": lint::RULES.iter().position(|rule| rule.code == finding.code),
        "level": level(finding.severity.as_str()),
        "message": { "text": format!("{message}.{hint}") },
        "locations": [{ "physicalLocation": location }],
    });
    if let Some(reason) = allowed {
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

/// The file on this machine. Inside an archive there is none: the archive is the file, and the message says where in it.
fn file_and_message(pack: &LintedPack, finding: &Finding) -> (String, String) {
    match &finding.place {
        Some(place) if pack.is_folder => {
            (format!("{}/{}", pack.path.trim_end_matches('/'), place.file), finding.message.clone())
        }
        Some(place) => (pack.path.clone(), format!("{place}: {}", finding.message)),
        None => (pack.path.clone(), finding.message.clone()),
    }
}

/// A path as a URI: relative to where the command ran, or a file's.
fn uri(path: &str) -> String {
    let mut out = String::new();
    let path = path.strip_prefix("./").unwrap_or(path);
    if Path::new(path).is_absolute() {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// One workflow command for each finding, one a line.
pub(super) fn github(report: &Report) -> String {
    let mut lines = Vec::new();
    for pack in &report.packs {
        for LintedFinding { finding, .. } in &pack.findings {
            let command = match finding.severity.as_str() {
                severity @ ("error" | "warning") => severity,
                _ => "notice",
            };
            let (file, message) = file_and_message(pack, finding);
            let mut fields = vec![format!("file={}", property(file.strip_prefix("./").unwrap_or(&file)))];
            let place = finding.place.as_ref().filter(|_| pack.is_folder);
            fields.extend(place.and_then(|place| place.line).map(|line| format!("line={line}")));
            fields.extend(place.and_then(|place| place.column).map(|column| format!("col={column}")));
            fields.push(format!("title={}", property(finding.code)));
            let hint = finding.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
            lines.push(format!("::{command} {}::{}", fields.join(","), data(&format!("{message}{hint}"))));
        }
    }
    lines.join("\n")
}

/// A command ends with its line, so what would end it is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_texts_are_escaped() {
        assert_eq!(uri("./a b/ü.yaml"), "a%20b/%C3%BC.yaml");
        assert_eq!(uri("/x/y"), "file:///x/y");
        assert_eq!(
            (data("50%\n::error::x"), property("a:b,c")),
            ("50%25%0A::error::x".to_owned(), "a%3Ab%2Cc".to_owned())
        );
    }
}
