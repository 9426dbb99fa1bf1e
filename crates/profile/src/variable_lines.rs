//! A variable as lines of text, for comparing; secrets are masked.

use crate::{InputType, Variable, VariableOption};
use std::collections::HashSet;
use std::fmt;

const MASKED: &str = "(masked)";
/// On the newer side, where the older has another secret.
const OTHER_MASKED: &str = "(masked, another one)";

impl Variable {
    /// What is not the default of a field, a line each.
    fn lines(&self, mask: Option<&str>) -> String {
        let mut lines = format!("format: {}\n", self.format);
        let mut say = |name: &str, value: &str| {
            if !value.is_empty() {
                lines.push_str(&format!("{name}: {value}\n"));
            }
        };
        say("display name", &self.display_name);
        say("description", &self.description);
        say("default value", mask.filter(|_| !self.default_value.is_empty()).unwrap_or(&self.default_value));
        say("pattern", &self.regex);
        say("input", self.input_type.map_or("", InputType::as_str));
        for (name, is) in [
            ("required", self.required),
            ("read-only", self.immutable),
            ("hidden", self.hidden),
            ("masked", self.is_sensitive),
        ] {
            say(name, if is { "yes" } else { "" });
        }
        match mask {
            Some(mask) if !self.options.is_empty() => say("options", mask),
            _ => self.options.iter().for_each(|option| say("option", &of_option(option))),
        }
        lines
    }

    /// As one side of a comparison. What is masked on one side is a secret on the other too.
    fn beside(&self, other: Option<&Self>, is_newer: bool, is_secret: bool) -> String {
        let is_secret = is_secret || self.is_sensitive || other.is_some_and(|other| other.is_sensitive);
        let has_same = |other: &Self| self.default_value == other.default_value && self.options == other.options;
        let mask = if is_newer && !other.is_none_or(has_same) { OTHER_MASKED } else { MASKED };
        self.lines(is_secret.then_some(mask))
    }
}

/// Name and lines of each variable of one side of a comparison; those of the names in `secret` are masked too.
pub(crate) fn side(
    own: &[Variable],
    others: &[Variable],
    is_newer: bool,
    secret: &HashSet<String>,
) -> Vec<(String, String)> {
    let line = |one: &Variable| {
        let other = others.iter().find(|other| other.name == one.name);
        (one.name.clone(), one.beside(other, is_newer, secret.contains(&one.name)))
    };
    own.iter().map(line).collect()
}

fn of_option(option: &VariableOption) -> String {
    format!("{}{}", option.value, if option.default { " (default)" } else { "" })
}

/// Without its secret.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Variable {:?} {{ {} }}", self.name, self.beside(None, false, false).trim_end().replace('\n', ", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variable(default: &str, is_sensitive: bool) -> Variable {
        let options = json!([{ "value": default, "default": true }]);
        let text = json!({ "name": "token", "defaultValue": default, "isSensitive": is_sensitive, "options": options });
        serde_json::from_value(text).expect("a variable")
    }

    #[test]
    fn a_secret_is_shown_on_neither_side_and_its_change_is() {
        let (open, secret, other) = (variable("s3cret", false), variable("s3cret", true), variable("0ther", true));
        for (older, newer) in [(&open, &secret), (&secret, &open), (&secret, &other), (&secret, &secret)] {
            let (from, to) = (older.beside(Some(newer), false, false), newer.beside(Some(older), true, false));
            let shown = format!("{from}{to}{newer:?}");
            assert!(!from.contains("s3cret") && !to.contains("s3cret") && !to.contains("0ther"), "{shown}");
            assert_eq!(from == to, older == newer, "{from}{to}");
        }
        let alone = |one: &Variable| one.beside(None, true, false);
        assert!(!alone(&secret).contains("s3cret") && !format!("{secret:?}").contains("s3cret"));
        assert!(alone(&open).contains("default value: s3cret\n") && alone(&open).contains("option: s3cret (default)"));
        assert!(!open.beside(None, true, true).contains("s3cret"), "masked since then");
    }
}
