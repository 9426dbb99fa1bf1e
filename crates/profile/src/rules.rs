//! Rules of names, versions and macros; pure functions, so that a form can ask them before anything is saved.

use crate::{Error, PackRef, Result, Variable};
use packyard_pack::macros::{self, Scope};
use std::collections::BTreeSet;

/// Longest name of a profile or a project, in characters.
pub const NAME_MAX: usize = 128;
/// The longest version, in characters: it must fit an OCI tag, since exports may travel as artifacts.
pub const VERSION_MAX: usize = 128;

pub fn check_name(field: &'static str, name: &str) -> Result<()> {
    if name.trim().is_empty() {
        return Err(Error::invalid(field, "a name is needed"));
    }
    if name.trim() != name || name.chars().any(char::is_control) {
        return Err(Error::invalid(
            field,
            format!("the name {name:?} starts or ends with space, or has control characters"),
        ));
    }
    if name.chars().count() > NAME_MAX {
        return Err(Error::invalid(field, format!("the name is longer than {NAME_MAX} characters")));
    }
    Ok(())
}

/// For texts that stand in columns of their own.
pub(crate) fn check_text(field: &'static str, text: &str) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::invalid(field, "it holds the character U+0000, which cannot be kept; leave it out"));
    }
    Ok(())
}

/// Versions are strict: major.minor.patch, perhaps with a pre-release part.
pub fn check_version(version: &str) -> Result<semver::Version> {
    let hint = "a profile version is major.minor.patch, such as 1.0.0 or 1.0.0-rc.1";
    if version.len() > VERSION_MAX {
        return Err(Error::invalid("version", format!("the version is longer than {VERSION_MAX} characters; {hint}")));
    }
    match semver::Version::parse(version) {
        Ok(parsed) if parsed.build.is_empty() => Ok(parsed),
        _ => Err(Error::invalid("version", format!("`{version}` is not a version: {hint}"))),
    }
}

/// Every `{{ .spectro.var.NAME }}` in values or manifests that no variable defines, as `(pack, variable)`.
pub fn undefined_variables(packs: &[PackRef], variables: &[Variable]) -> Vec<(String, String)> {
    let mut found = BTreeSet::new();
    for (pack, text) in texts(packs) {
        let undefined = used_variables(text).into_iter().filter(|name| variables.iter().all(|v| v.name != *name));
        found.extend(undefined.map(|name| (pack.name.clone(), name)));
    }
    found.into_iter().collect()
}

/// Names of the profile variables that a text uses, in order of use. A comment uses none.
pub(crate) fn used_variables(text: &str) -> Vec<String> {
    let references = references(text).filter(|reference| reference.scope == Scope::Var);
    references.map(|reference| reference.name(&[]).to_owned()).filter(|name| !name.is_empty()).collect()
}

/// Whether a text takes something of the layer `name`, one of `layers`.
pub(crate) fn takes_from(text: &str, name: &str, layers: &[&str]) -> bool {
    references(text).any(|reference| reference.scope == Scope::Pack && reference.name(layers) == name)
}

/// What the macros of a text refer to. A comment refers to nothing.
fn references(text: &str) -> impl Iterator<Item = macros::Reference> {
    let used = macros::find(text).macros.into_iter().filter(|found| !found.in_comment);
    used.flat_map(|found| found.references)
}

/// Whether values or manifests use a macro of the project or the tenant, `{{ .spectro.macro.NAME }}`.
pub fn uses_user_macros(packs: &[PackRef]) -> bool {
    texts(packs).flat_map(|(_, text)| references(text)).any(|reference| reference.scope == Scope::Macro)
}

/// The texts in which macros are resolved, each with its pack.
fn texts(packs: &[PackRef]) -> impl Iterator<Item = (&PackRef, &str)> {
    packs.iter().flat_map(|pack| {
        let texts = std::iter::once(pack.values.as_str()).chain(pack.manifests.iter().map(|m| m.content.as_str()));
        texts.map(move |text| (pack, text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_strict() {
        for good in ["1.0.0", "0.0.1", "2.10.3-rc.1", "1.0.0-5"] {
            check_version(good).expect(good);
        }
        for bad in ["", "1", "1.0", "v1.0.0", "2.2.2.develop", "b0.0.1", "v1.2", "1.0.0+build", "01.0.0", " 1.0.0"] {
            let text = check_version(bad).expect_err(bad).to_string();
            assert!(text.contains("major.minor.patch"), "{text}");
        }
    }

    #[test]
    fn names_are_trimmed_printable_and_bounded() {
        check_name("name", "Team profile 1").expect("spaces inside are fine");
        for bad in ["", "  ", " x", "x ", "a\nb", &"x".repeat(NAME_MAX + 1)] {
            check_name("name", bad).expect_err(bad);
        }
    }

    #[test]
    fn finds_variables_only_inside_macros() {
        let text = "a: '{{.spectro.var.one}}'\nb: '{{ .spectro.var.two_2 | upper }}-{{ .spectro.system.user.name }}'\n\
                    c: .spectro.var.outside\nd: '{{ default .spectro.var.three .spectro.var.one }}'\n\
                    e: x # {{.spectro.var.commented}}\nf: {{.spectro.var.";
        assert_eq!(used_variables(text), ["one", "two_2", "three", "one"]);
    }
}
