//! A profile as `spectrocloud_cluster_profile`.

use super::export::without_secret;
use crate::{InputType, PackRef, PackType, Profile, Scope, Variable, VariableOption};
use std::fmt::Write;

/// The end of a text that no line of it is.
const END: &str = "EOT";

pub(super) fn resource(profile: &Profile) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "resource \"spectrocloud_cluster_profile\" {} {{", quoted(&identifier(&profile.name)));
    let context = match profile.scope {
        Scope::Project(_) => "project",
        Scope::Tenant => "tenant",
        Scope::System => "system",
    };
    field(&mut out, 1, "name", &profile.name);
    field(&mut out, 1, "version", &profile.version);
    field(&mut out, 1, "context", context);
    field(&mut out, 1, "description", &profile.description);
    field(&mut out, 1, "cloud", &profile.cloud);
    field(&mut out, 1, "type", profile.kind.as_str());
    if !profile.labels.is_empty() {
        let tags: Vec<String> = profile.labels.iter().map(|(key, value)| quoted(&tag(key, value))).collect();
        let _ = writeln!(out, "  tags = [{}]", tags.join(", "));
    }
    if !profile.variables.is_empty() {
        out.push_str("\n  profile_variables {\n");
        profile.variables.iter().for_each(|one| variable(&mut out, one));
        out.push_str("  }\n");
    }
    profile.current().packs.iter().for_each(|one| pack(&mut out, one));
    out.push_str("}\n");
    out
}

fn pack(out: &mut String, pack: &PackRef) {
    out.push_str("\n  pack {\n");
    field(out, 2, "name", &pack.name);
    field(out, 2, "type", pack.pack_type.as_str());
    if !pack.tag.is_empty() {
        field(out, 2, "tag", &pack.tag);
    }
    if pack.pack_type != PackType::Manifest {
        if !pack.pack_uid.is_empty() {
            field(out, 2, "uid", &pack.pack_uid);
        }
        if !pack.registry_uid.is_empty() {
            field(out, 2, "registry_uid", &pack.registry_uid);
        }
    }
    if !pack.values.is_empty() {
        text(out, 2, "values", &pack.values);
    }
    for manifest in &pack.manifests {
        out.push_str("\n    manifest {\n");
        field(out, 3, "name", &manifest.name);
        text(out, 3, "content", &manifest.content);
        out.push_str("    }\n");
    }
    out.push_str("  }\n");
}

fn variable(out: &mut String, variable: &Variable) {
    let variable = &without_secret(variable);
    out.push_str("    variable {\n");
    field(out, 3, "name", &variable.name);
    field(out, 3, "display_name", &variable.display_name);
    field(out, 3, "format", &variable.format.to_string());
    for (name, value) in [("description", &variable.description), ("regex", &variable.regex)] {
        if !value.is_empty() {
            field(out, 3, name, value);
        }
    }
    // A secret is not written down; Terraform asks for it.
    let marked = || variable.default_option().map_or("", shown);
    let default = Some(variable.default_value.as_str()).filter(|given| !given.is_empty()).unwrap_or_else(marked);
    if !default.is_empty() && !variable.is_sensitive {
        field(out, 3, "default_value", default);
    }
    let flags = [
        ("required", variable.required),
        ("immutable", variable.immutable),
        ("hidden", variable.hidden),
        ("is_sensitive", variable.is_sensitive),
    ];
    for (name, _) in flags.into_iter().filter(|(_, is_set)| *is_set) {
        let _ = writeln!(out, "      {name} = true");
    }
    if let Some(kind) = variable.input_type.filter(|kind| *kind != InputType::Text) {
        field(out, 3, "input_type", kind.as_str());
    }
    variable.options.iter().for_each(|one| option(out, one));
    out.push_str("    }\n");
}

/// What people choose an option by, and what the provider names the default by.
fn shown(option: &VariableOption) -> &str {
    if option.label.is_empty() { &option.value } else { &option.label }
}

/// Which of them is the default, the variable's own default says.
fn option(out: &mut String, option: &VariableOption) {
    out.push_str("\n      options {\n");
    field(out, 4, "value", &option.value);
    for (name, value) in [("label", &option.label), ("description", &option.description)] {
        if !value.is_empty() {
            field(out, 4, name, value);
        }
    }
    out.push_str("      }\n");
}

/// A tag without a colon is kept as a label with this value.
fn tag(key: &str, value: &str) -> String {
    if value == "spectro__tag" { key.to_owned() } else { format!("{key}:{value}") }
}

fn field(out: &mut String, depth: usize, name: &str, value: &str) {
    let _ = writeln!(out, "{}{name} = {}", "  ".repeat(depth), quoted(value));
}

/// Long texts stay readable; those that a heredoc would change are quoted.
fn text(out: &mut String, depth: usize, name: &str, value: &str) {
    let is_plain = value.lines().all(|line| line.trim() != END) && !value.contains('\r') && value.ends_with('\n');
    if !is_plain {
        return field(out, depth, name, value);
    }
    let _ = writeln!(out, "{}{name} = <<{END}\n{}{END}", "  ".repeat(depth), no_templates(value));
}

/// `${` and `%{` begin templates of HCL.
fn no_templates(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in no_templates(text).chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A name that Terraform takes for a resource.
fn identifier(name: &str) -> String {
    let mut out: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if !out.starts_with(|first: char| first.is_ascii_alphabetic()) {
        out.insert_str(0, "profile_");
    }
    out
}
