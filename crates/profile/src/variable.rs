//! Profile variables and their rules (what the wizard calls Variables).

use crate::model::words;
use crate::{Error, Problem, Profiles, Result, variable_default};
use packyard_access::Caller;
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

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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

fn string_format() -> VariableFormat {
    VariableFormat::String
}

impl Profiles {
    /// Replaces all variables. Uses of a variable that goes away are judged when packs are saved next, since clients
    /// change variables first and packs after.
    pub async fn set_variables(&self, caller: &Caller, uid: &str, variables: Vec<Variable>) -> Result<()> {
        check(&variables)?;
        self.edit(caller, uid, "packyard:UpdateProfileVariables", |stored| {
            stored.variables.clone_from(&variables);
            Ok(())
        })
        .await
    }

    /// Adds variables, or replaces those of the same name.
    pub async fn merge_variables(&self, caller: &Caller, uid: &str, variables: Vec<Variable>) -> Result<()> {
        self.edit(caller, uid, "packyard:UpdateProfileVariables", |stored| {
            for new in &variables {
                match stored.variables.iter_mut().find(|old| old.name == new.name) {
                    Some(old) => old.clone_from(new),
                    None => stored.variables.push(new.clone()),
                }
            }
            check(&stored.variables)
        })
        .await
    }

    /// Refused when one of them is not there; all that are not are named.
    pub async fn remove_variables(&self, caller: &Caller, uid: &str, names: &[String]) -> Result<()> {
        self.edit(caller, uid, "packyard:UpdateProfileVariables", |stored| {
            let is_known = |name: &&String| stored.variables.iter().any(|known| known.name == **name);
            let missing: Vec<&str> = names.iter().filter(|name| !is_known(name)).map(String::as_str).collect();
            if !missing.is_empty() {
                let message = format!("the profile has no variable {}", missing.join(", "));
                return Err(Error::invalid("variables", message));
            }
            stored.variables.retain(|known| !names.contains(&known.name));
            Ok(())
        })
        .await
    }
}

/// Checks a whole list, and says all that is wrong with it: each variable by itself, and that names and display names
/// are not used twice.
pub(crate) fn check(variables: &[Variable]) -> Result<()> {
    let mut names = HashSet::new();
    let mut shown = HashSet::new();
    let mut wrong = Vec::new();
    for variable in variables {
        let mut say = |what: &str| wrong.push(format!("variable `{}` {what}", variable.name));
        variable.problems().iter().for_each(|problem| say(&problem.message));
        if !names.insert(variable.name.as_str()) {
            say("is defined twice. Give each variable its own name");
        }
        if !variable.display_name.is_empty() && !shown.insert(variable.display_name.as_str()) {
            say("has a display name that another variable has. Display names must differ");
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::invalid("variables", wrong.join("; "))) }
}

impl Variable {
    /// All that is wrong with it, by the field of a form; each continues "the variable ...".
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut say = |field, message: &str| found.push(Problem::new(field, message));
        if !is_name(&self.name) {
            say("name", "has a name that macros cannot use. Use letters, digits, `_` and `-`, starting with a letter");
        }
        let default = self.default_value.as_str();
        let has_default = !default.is_empty() || self.options.iter().any(|option| option.default);
        if self.input_type == Some(InputType::Dropdown) {
            if self.options.is_empty() {
                say("options", "is a dropdown without options. Add at least one");
            } else if self.default_option().is_none() {
                say(
                    "default_value",
                    "is a dropdown whose default is none of its options. Mark one option as the default",
                );
            }
        }
        if let Some(why) = packyard_pack::schema::pattern_problem(&self.regex) {
            say("regex", &format!("has the pattern `{}`, which is no regular expression: {why}", self.regex));
        }
        if self.hidden && self.required && !has_default {
            say("default_value", "is hidden and required, so nobody could give it a value. Give it a default value");
        }
        if self.immutable && !has_default {
            say("default_value", "is read-only without a value. Give it a default value");
        }
        let meant = self.named_option().map_or(default, |option| &option.value);
        if let Some(looks) = variable_default::expected(self.format, meant) {
            say("default_value", &format!("is {looks}"));
        }
        found
    }

    /// The option that the default names, by its value or, as Terraform configurations do, by its label.
    fn named_option(&self) -> Option<&VariableOption> {
        let default = self.default_value.as_str();
        let by_value = self.options.iter().find(|option| option.value == default);
        by_value.or_else(|| self.options.iter().find(|option| !default.is_empty() && option.label == default))
    }

    /// The option that a dropdown begins with.
    pub fn default_option(&self) -> Option<&VariableOption> {
        self.named_option().or_else(|| self.options.iter().find(|option| option.default))
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= 128
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dropdown(format: &str, default: &str, options: &[(&str, &str, bool)]) -> Variable {
        let options = options
            .iter()
            .map(|(value, label, default)| serde_json::json!({ "value": value, "label": label, "default": default }));
        let variable = serde_json::json!({
            "name": "size", "format": format, "defaultValue": default, "inputType": "dropdown", "options": options.collect::<Vec<_>>(),
        });
        serde_json::from_value(variable).unwrap()
    }

    #[test]
    fn the_default_of_a_dropdown_is_marked_or_named_by_value_or_label() {
        let options = [("1", "small", false), ("2", "large", false)];
        for (default, is) in [("2", Some("2")), ("large", Some("2")), ("huge", None), ("", None)] {
            let variable = dropdown("number", default, &options);
            assert_eq!(variable.default_option().map(|option| option.value.as_str()), is, "{default}");
            assert_eq!(variable.problems().is_empty(), is.is_some(), "{default}");
        }
        let marked = dropdown("number", "", &[("1", "", true), ("2", "", false)]);
        assert!(marked.problems().is_empty() && marked.default_option().is_some_and(|option| option.value == "1"));
        let label = dropdown("number", "large", &[("two", "large", false)]);
        assert!(!label.problems().is_empty(), "what it stands for is no number");
    }
}
