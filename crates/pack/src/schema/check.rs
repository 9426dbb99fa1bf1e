//! Whether values are as schema.yaml asks for.

use super::Format;
use crate::shown::shown;
use crate::values::Values;
use crate::yaml::{Mark, Node};

/// What is asked of the value at one path.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement<'a> {
    /// Dotted; `$[]` stands for any item of a list.
    pub path: &'a str,
    pub required: bool,
    pub readonly: bool,
    pub format: Option<Format>,
}

/// Something about values that their schema refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Of the value; of the text's begin where it is missing.
    pub mark: Mark,
    pub message: String,
}

/// All violations, in the order of the requirements. A value with a macro is known only when a cluster is deployed, so
/// it has any form. `defaults` are the pack's own values, which a read-only field keeps.
pub fn violations(values: &Values, defaults: &Values, requirements: &[Requirement<'_>]) -> Vec<Violation> {
    requirements.iter().filter_map(|requirement| violation(values, defaults, requirement)).collect()
}

fn violation(values: &Values, defaults: &Values, asked: &Requirement<'_>) -> Option<Violation> {
    let path = shown(asked.path);
    let found = values.lookup(asked.path);
    let text = found.and_then(Node::text);
    let Some(node) = found.filter(|node| !node.is_null() && text.is_none_or(|text| !text.trim().is_empty())) else {
        let mark = found.map_or(Mark { line: 1, column: 1 }, Node::mark);
        return asked.required.then(|| Violation { mark, message: format!("`{path}` needs a value") });
    };
    let text = text?;
    if text.contains("{{") {
        return None;
    }
    let wrong = |message| Some(Violation { mark: node.mark(), message });
    if asked.readonly && defaults.lookup(asked.path).and_then(Node::text).is_some_and(|default| default != text) {
        return wrong(format!("`{path}` is read-only: the pack's own value must stay"));
    }
    let format = asked.format.as_ref().filter(|format| !format.accepts(text))?;
    wrong(format!("`{path}` is not of the form `{}`", shown(&format.template)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask<'a>(path: &'a str, required: bool, readonly: bool, format: &str) -> Requirement<'a> {
        let format = (!format.is_empty()).then(|| Format::parse(format).unwrap());
        Requirement { path, required, readonly, format }
    }

    #[test]
    fn every_violation_is_found_with_its_line() {
        let values = "a:\n  count: 12\n  name: ''\n  fixed: other\n  late: '{{.spectro.var.n}}'\nlist:\n- port: x\n";
        let defaults = "a:\n  fixed: own\n";
        let asked = [
            ask("a.count", true, false, "${number:[1-10]}"),
            ask("a.name", true, false, ""),
            ask("a.fixed", false, true, ""),
            ask("a.late", true, false, "${number}"),
            ask("a.absent", true, false, ""),
            ask("a.optional", false, false, "${number}"),
            ask("list.$[].port", false, false, "${number}"),
        ];
        let found = violations(&Values::parse(values).unwrap(), &Values::parse(defaults).unwrap(), &asked);
        let found: Vec<_> = found.iter().map(|v| (v.mark.line, v.message.as_str())).collect();
        assert_eq!(
            found,
            [
                (2, "`a.count` is not of the form `${number:[1-10]}`"),
                (3, "`a.name` needs a value"),
                (4, "`a.fixed` is read-only: the pack's own value must stay"),
                (1, "`a.absent` needs a value"),
                (7, "`list.$[].port` is not of the form `${number}`"),
            ]
        );
    }
}
