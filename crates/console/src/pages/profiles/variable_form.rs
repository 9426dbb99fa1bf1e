//! The form of one profile variable, and the field that it will make.

use crate::form::Fields;
use crate::parts::{ErrorSlot, FieldErrors};
use packyard_profile::{InputType, Variable, VariableFormat, VariableOption};

#[derive(Default)]
pub(super) struct Form {
    pub(super) title: String,
    pub(super) action: String,
    pub(super) back: String,
    pub(super) preview_action: String,
    pub(super) csrf: String,
    /// The variable that the form was made of; empty for a new one.
    pub(super) was: String,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) description: String,
    pub(super) format: String,
    pub(super) input: String,
    pub(super) default_value: String,
    /// A masked default is stored; an empty field keeps it.
    pub(super) has_secret: bool,
    pub(super) regex: String,
    /// One a line, `value` or `value = label`.
    pub(super) options: String,
    pub(super) required: bool,
    pub(super) immutable: bool,
    pub(super) hidden: bool,
    pub(super) is_sensitive: bool,
    pub(super) errors: FieldErrors,
    pub(super) problem: Option<String>,
}

impl Form {
    pub(super) fn of(variable: &Variable) -> Self {
        let option = |option: &VariableOption| match option.label.as_str() {
            "" => format!("{}\n", option.value),
            label => format!("{} = {label}\n", option.value),
        };
        let is_masked = variable.is_sensitive && !variable.default_value.is_empty();
        Self {
            name: variable.name.clone(),
            display_name: variable.display_name.clone(),
            description: variable.description.clone(),
            format: variable.format.as_str().to_owned(),
            input: variable.input_type.unwrap_or(InputType::Text).as_str().to_owned(),
            default_value: if is_masked { String::new() } else { default_of(variable) },
            has_secret: is_masked,
            regex: variable.regex.clone(),
            options: variable.options.iter().map(option).collect(),
            required: variable.required,
            immutable: variable.immutable,
            hidden: variable.hidden,
            is_sensitive: variable.is_sensitive,
            ..Self::default()
        }
    }

    pub(super) fn filled(self, fields: &Fields) -> Self {
        Self {
            name: fields.text("name"),
            display_name: fields.text("display_name"),
            description: fields.text("description"),
            format: fields.text("format"),
            input: fields.text("input"),
            default_value: fields.exact("default_value").replace("\r\n", "\n"),
            regex: fields.text("regex"),
            options: fields.exact("options").replace("\r\n", "\n"),
            required: fields.is_checked("required"),
            immutable: fields.is_checked("immutable"),
            hidden: fields.is_checked("hidden"),
            is_sensitive: fields.is_checked("is_sensitive"),
            ..self
        }
    }

    /// `before` has what the form does not show: a masked default, descriptions of options.
    pub(super) fn variable(&self, before: Option<&Variable>) -> Variable {
        let keeps = self.default_value.is_empty() && self.is_sensitive && before.is_some_and(|old| old.is_sensitive);
        let kept = before.filter(|_| keeps).map(|old| old.default_value.clone());
        let default_value = kept.unwrap_or_else(|| self.default_value.clone());
        let input_type = self.input.parse().ok();
        let is_dropdown = input_type == Some(InputType::Dropdown);
        Variable {
            name: self.name.clone(),
            display_name: self.display_name.clone(),
            format: self.format.parse().unwrap_or(VariableFormat::String),
            description: self.description.clone(),
            regex: self.regex.clone(),
            required: self.required,
            immutable: self.immutable,
            hidden: self.hidden,
            is_sensitive: self.is_sensitive,
            input_type,
            options: if is_dropdown { self.options(&default_value, before) } else { Vec::new() },
            default_value,
        }
    }

    fn options(&self, default: &str, before: Option<&Variable>) -> Vec<VariableOption> {
        let lines = self.options.lines().map(str::trim).filter(|line| !line.is_empty());
        let option = |line: &str| {
            let (value, label) = line.split_once(" = ").unwrap_or((line, ""));
            let (value, label) = (value.trim().to_owned(), label.trim().to_owned());
            let old = before.and_then(|variable| variable.options.iter().find(|option| option.value == value));
            let description = old.map(|option| option.description.clone()).unwrap_or_default();
            VariableOption { default: value == default, value, label, description }
        };
        let mut options: Vec<_> = lines.map(option).collect();
        // Terraform names the default by what people choose it by.
        if !default.is_empty()
            && !options.iter().any(|option| option.default)
            && let Some(named) = options.iter_mut().find(|option| option.label == default)
        {
            named.default = true;
        }
        options
    }

    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    pub(super) fn formats(&self) -> Vec<(&'static str, bool)> {
        VariableFormat::ALL.iter().map(|format| (format.as_str(), format.as_str() == self.format)).collect()
    }

    pub(super) fn inputs(&self) -> Vec<(&'static str, &'static str, bool)> {
        let word = |input: InputType| match input {
            InputType::Text => "Text",
            InputType::Dropdown => "Dropdown",
            InputType::Multiline => "Multiline",
        };
        let choice = |input: &InputType| (input.as_str(), word(*input), input.as_str() == self.input);
        InputType::ALL.iter().map(choice).collect()
    }

    /// Whoever deploys the profile will see this.
    pub(super) fn preview(&self) -> Preview {
        let variable = self.variable(None);
        let shown = match variable.display_name.as_str() {
            "" => variable.name.clone(),
            name => name.to_owned(),
        };
        Preview {
            label: if shown.is_empty() { "A variable".to_owned() } else { shown },
            value: if variable.is_sensitive { String::new() } else { variable.default_value.clone() },
            choices: variable.options.iter().map(choice).collect(),
            is_multiline: variable.input_type == Some(InputType::Multiline),
            is_boolean: variable.format == VariableFormat::Boolean,
            has_secret: variable.is_sensitive && (self.has_secret || !variable.default_value.is_empty()),
            description: variable.description,
            required: variable.required,
            immutable: variable.immutable,
            hidden: variable.hidden,
            is_sensitive: variable.is_sensitive,
            reference: format!("'{{{{.spectro.var.{}}}}}'", self.name),
        }
    }
}

fn default_of(variable: &Variable) -> String {
    let marked = variable.options.iter().find(|option| option.default).map(|option| option.value.clone());
    if variable.default_value.is_empty() { marked.unwrap_or_default() } else { variable.default_value.clone() }
}

fn choice(option: &VariableOption) -> (String, bool) {
    (if option.label.is_empty() { option.value.clone() } else { option.label.clone() }, option.default)
}

pub(super) struct Preview {
    pub(super) label: String,
    pub(super) description: String,
    pub(super) value: String,
    pub(super) choices: Vec<(String, bool)>,
    pub(super) is_multiline: bool,
    pub(super) is_boolean: bool,
    pub(super) has_secret: bool,
    pub(super) required: bool,
    pub(super) immutable: bool,
    pub(super) hidden: bool,
    pub(super) is_sensitive: bool,
    /// As it is written in values.
    pub(super) reference: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Variable {
        Form { name: "key".into(), is_sensitive: true, default_value: "s3cret".into(), ..Form::default() }
            .variable(None)
    }

    #[test]
    fn a_masked_default_is_not_shown_and_an_empty_field_keeps_it() {
        let form = Form::of(&secret());
        assert_eq!((form.default_value.as_str(), form.has_secret), ("", true));
        assert_eq!(form.variable(Some(&secret())).default_value, "s3cret");
        let typed = Form { default_value: "other".into(), ..Form::of(&secret()) };
        assert_eq!(typed.variable(Some(&secret())).default_value, "other");
        let unmasked = Form { is_sensitive: false, ..Form::of(&secret()) };
        assert_eq!(unmasked.variable(Some(&secret())).default_value, "", "unmasking would show it");
        assert_eq!(form.preview().value, "");
    }

    #[test]
    fn options_are_lines_and_the_default_is_one_of_them() {
        let fields = Fields::parse("name=zone&input=dropdown&format=string&default_value=b&options=a+%3D+First%0D%0Ab");
        let variable = Form::default().filled(&fields).variable(None);
        let options: Vec<_> =
            variable.options.iter().map(|o| (o.value.as_str(), o.label.as_str(), o.default)).collect();
        assert_eq!(options, [("a", "First", false), ("b", "", true)]);
        // As Terraform names it.
        let fields =
            Fields::parse("name=zone&input=dropdown&format=string&default_value=First&options=a+%3D+First%0D%0Ab");
        let form = Form::default().filled(&fields);
        assert_eq!(form.preview().choices, [("First".to_owned(), true), ("b".to_owned(), false)]);
        assert_eq!(Form::of(&variable).options, "a = First\nb\n");
    }
}
