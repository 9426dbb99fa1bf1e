//! Profile variables and their rules (what the wizard calls Variables).

use crate::model::words;
use crate::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

words! {
    VariableFormat {
        String = "string", Number = "number", Boolean = "boolean", Ipv4 = "ipv4", Ipv4Cidr = "ipv4cidr",
        Ipv6 = "ipv6", Version = "version", Base64 = "base64",
    }
}
words! {
    InputType { Text = "text", Dropdown = "dropdown", Multiline = "multiline" }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariableOption {
    pub value: String,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub default: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variable {
    pub name: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(default = "string_format")]
    pub format: VariableFormat,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub default_value: String,
    #[serde(default)]
    pub regex: String,
    #[serde(default)]
    pub required: bool,
    /// Shown as "Read-only".
    #[serde(default)]
    pub immutable: bool,
    #[serde(default)]
    pub hidden: bool,
    /// Shown as "Mask value".
    #[serde(default)]
    pub is_sensitive: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_type: Option<InputType>,
    #[serde(default)]
    pub options: Vec<VariableOption>,
}

impl Variable {
    /// What is not the default of a field, a line each; the value of a secret one is left out.
    pub(crate) fn lines(&self) -> String {
        let mut lines = format!("format: {}\n", self.format);
        let mut say = |name: &str, value: &str| {
            if !value.is_empty() {
                lines.push_str(&format!("{name}: {value}\n"));
            }
        };
        say("display name", &self.display_name);
        say("description", &self.description);
        say(
            "default value",
            if self.is_sensitive && !self.default_value.is_empty() { "(masked)" } else { &self.default_value },
        );
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
        for option in &self.options {
            let default = if option.default { " (default)" } else { "" };
            say("option", &format!("{}{default}", option.value));
        }
        lines
    }
}

fn string_format() -> VariableFormat {
    VariableFormat::String
}

/// Checks a whole list: each variable by itself, and that names and display names are not used twice.
pub(crate) fn check(variables: &[Variable]) -> Result<()> {
    let mut names = HashSet::new();
    let mut shown = HashSet::new();
    for variable in variables {
        check_one(variable)?;
        if !names.insert(variable.name.as_str()) {
            return Err(wrong(variable, "is defined twice. Give each variable its own name"));
        }
        if !variable.display_name.is_empty() && !shown.insert(variable.display_name.as_str()) {
            return Err(wrong(variable, "has a display name that another variable has. Display names must differ"));
        }
    }
    Ok(())
}

fn check_one(variable: &Variable) -> Result<()> {
    if !is_name(&variable.name) {
        return Err(wrong(
            variable,
            "has a name that macros cannot use. Use letters, digits, `_` and `-`, starting with a letter",
        ));
    }
    let has_default = !variable.default_value.is_empty() || variable.options.iter().any(|option| option.default);
    if variable.input_type == Some(InputType::Dropdown) {
        if variable.options.is_empty() {
            return Err(wrong(variable, "is a dropdown without options. Add at least one"));
        }
        let is_listed = variable.options.iter().any(|option| option.value == variable.default_value);
        if !variable.options.iter().any(|option| option.default) && !is_listed {
            return Err(wrong(
                variable,
                "is a dropdown whose default is none of its options. Mark one option as the default",
            ));
        }
    }
    if variable.hidden && variable.required && !has_default {
        return Err(wrong(
            variable,
            "is hidden and required, so nobody could give it a value. Give it a default value",
        ));
    }
    if variable.immutable && !has_default {
        return Err(wrong(variable, "is read-only without a value. Give it a default value"));
    }
    let default = variable.default_value.as_str();
    if variable.format == VariableFormat::Boolean && !matches!(default, "" | "true" | "false") {
        return Err(wrong(variable, "is a boolean, whose default is `true` or `false`"));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn wrong(variable: &Variable, what: &str) -> Error {
    Error::invalid("variables", format!("variable `{}` {what}", variable.name))
}
