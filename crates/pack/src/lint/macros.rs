//! Macros of values and manifests that cannot be resolved. palette.md section 1.9.

use super::{Finding, Rule, Subject, Versions, near, rules};
use crate::macros::{self, Known, Macro, Reference, SYSTEM, Scope};
use crate::pack::Pack;
use crate::place::Place;
use crate::shown::shown;
use crate::values;
use crate::yaml::Mark;

pub(super) fn check(subject: &Subject<'_>, others: &Versions, found: &mut Vec<Finding>) {
    let pack = subject.pack;
    let texts = pack.manifests.iter().filter(|m| m.declared).map(|m| (m.path.as_str(), m.text.as_str()));
    for (file, text) in std::iter::once((values::FILE, pack.values.as_str())).chain(texts) {
        let in_text = macros::find(text);
        let note = |rule: &Rule, message: String, mark: Mark| {
            Finding::new(rule, message).at(Place::at(file, mark.line, mark.column))
        };
        for unbalanced in in_text.unbalanced.iter().filter(|unbalanced| !unbalanced.in_comment) {
            found.push(note(
                &rules::MACRO_BRACES,
                format!("this looks like a macro, but {}", unbalanced.problem),
                unbalanced.mark,
            ));
        }
        let macros: Vec<Macro> = in_text.macros.into_iter().filter(|found| !found.in_comment).collect();
        for reference in macros::undefined(&macros, &Known::default()) {
            let (message, near) = unknown(reference);
            let finding = note(&rules::MACRO_UNKNOWN, message, reference.mark);
            found.push(match near {
                Some(near) => finding.hint(format!("did you mean `{near}`?")),
                None => finding,
            });
        }
        for (one, function) in macros.iter().flat_map(|one| unknown_functions(one).map(move |name| (one, name))) {
            let message = format!("no template function is called `{}`", shown(function));
            let finding = note(&rules::MACRO_FUNCTION, message, one.mark);
            found.push(match macros::FUNCTIONS.iter().find(|known| near(known, function)) {
                Some(near) => finding.hint(format!("did you mean `{near}`?")),
                None => finding,
            });
        }
        let sound = |reference: &&Reference| reference.problem().is_none();
        for reference in macros.iter().flat_map(|found| &found.references).filter(sound) {
            if let Some(other) = undeclared(pack, others, reference) {
                let message =
                    format!("the pack takes a value of the pack `{}`, but has no dependency on it", shown(other));
                found.push(note(&rules::MACRO_PACK, message, reference.mark));
            }
            if let Some(path) = missing_of_own(subject, reference) {
                let message =
                    format!("the pack refers to its own value `{}`, which values.yaml does not have", shown(path));
                found.push(note(&rules::MACRO_PACK_PATH, message, reference.mark));
            }
        }
    }
}

fn unknown(reference: &Reference) -> (String, Option<String>) {
    match &reference.scope {
        Scope::Pack | Scope::Var | Scope::Macro => {
            (format!("`{}` names nothing: {}", shown(&reference.path), reference.problem().unwrap_or_default()), None)
        }
        Scope::Unknown(scope) => {
            let near = ["system", "pack", "var", "macro"].into_iter().find(|known| near(known, scope));
            (format!("`.spectro.{}` is none of system, pack, var and macro", shown(scope)), near.map(str::to_owned))
        }
        Scope::System => {
            let near = SYSTEM.iter().find(|known| near(known, &reference.path));
            (
                format!("Palette has no macro `.spectro.system.{}`", shown(&reference.path)),
                near.map(|n| format!(".spectro.system.{n}")),
            )
        }
    }
}

fn unknown_functions(one: &Macro) -> impl Iterator<Item = &str> {
    one.functions().into_iter().filter(|name| !macros::FUNCTIONS.contains(name))
}

/// The pack that a reference names, where it is neither this one, nor one that this depends on, nor another that is known.
fn undeclared<'a>(pack: &Pack, others: &Versions, reference: &'a Reference) -> Option<&'a str> {
    let dependencies = pack.metadata.constraints.dependencies.iter().map(|dependency| dependency.pack_name.as_str());
    let mut declared: Vec<&str> = dependencies.collect();
    declared.push(&pack.metadata.name);
    declared.extend(others.keys().map(String::as_str));
    let name = reference.name(&declared);
    (reference.scope == Scope::Pack && !name.is_empty() && !declared.contains(&name)).then_some(name)
}

/// The path in the pack's own values, where a reference names this very pack and the value is not there.
fn missing_of_own<'a>(subject: &Subject<'_>, reference: &'a Reference) -> Option<&'a str> {
    let own = subject.pack.metadata.name.as_str();
    if reference.scope != Scope::Pack || reference.name(&[own]) != own || subject.values().is_none() {
        return None;
    }
    let path = reference.path.strip_prefix(own)?.strip_prefix('.')?;
    (!subject.has_value(path)).then_some(path)
}
