//! The values and manifests of a layer: YAML, what the pack's schema asks for, what macros refer to.

use super::{Remark, RemarkPlace, Subject};
use crate::manifest_faults;
use crate::model::{PackRef, PackType};
use packyard_catalog::PackSchema;
use packyard_pack::macros::{self, Known, Scope};
use packyard_pack::schema::{Format, Problem, SchemaEntry, Violation, violations};
use packyard_pack::values::Values;

const MACRO_UNDEFINED: &str = "MacroUndefined";
/// What to do about it in a profile that is there.
pub(crate) const CREATE_VARIABLE: &str = "Create it under Variables";
pub(crate) const VARIABLE_UNDEFINED: &str = "PackVariablesUndefined";

pub(super) fn check(subject: &Subject<'_>, at: usize, pack: &PackRef, found: &mut Vec<Remark>) {
    let mut tell = |remark: Remark, place| found.push(remark.at_layer(at, &pack.name).at(place));
    match Values::parse(&pack.values) {
        Err(error) => {
            let text = format!("the values are not YAML: {}", error.message);
            tell(Remark::error("ValuesUnreadable", text), RemarkPlace::Values(error.mark.line));
        }
        Ok(values) => {
            for (key, mark) in &values.document().duplicates {
                let text = format!("`{key}` stands twice in this map; the later one wins");
                tell(Remark::warning("ValueTwice", text), RemarkPlace::Values(mark.line));
            }
            if let Some(mark) = values.document().second_document {
                let text =
                    "a second document begins here, and is not read. Values are one document; take the `---` out";
                tell(Remark::warning("ValuesUnread", text), RemarkPlace::Values(mark.line));
            }
            for broken in against_schema(subject, pack, &values) {
                tell(Remark::error(broken.code, broken.text), RemarkPlace::Values(broken.line));
            }
        }
    }
    for (line, remark) in undefined(subject, &pack.values) {
        tell(remark, RemarkPlace::Values(line));
    }
    for manifest in &pack.manifests {
        if pack.pack_type == PackType::Manifest && manifest.content.trim().is_empty() {
            let remark = Remark::error("ManifestEmpty", "the manifest is empty");
            tell(remark, RemarkPlace::Manifest(manifest.name.clone(), 1));
        }
        for fault in manifest_faults(&manifest.content) {
            let remark = if fault.is_error {
                Remark::error("ManifestUnreadable", fault.message)
            } else {
                Remark::warning("ManifestIncomplete", fault.message)
            };
            tell(remark, RemarkPlace::Manifest(manifest.name.clone(), fault.line));
        }
        for (line, remark) in undefined(subject, &manifest.content) {
            tell(remark, RemarkPlace::Manifest(manifest.name.clone(), line));
        }
    }
}

fn against_schema(subject: &Subject<'_>, pack: &PackRef, values: &Values) -> Vec<BrokenRule> {
    let Some(detail) = subject.detail(pack).filter(|detail| !detail.schema.is_empty()) else { return Vec::new() };
    broken_rules(values, &detail.values, &detail.schema)
}

/// A rule of a pack's schema that values break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// From 1; of a value that is missing, the first.
    pub line: usize,
    pub code: &'static str,
    pub text: String,
}

/// What values break of the schema of a pack with these default values.
pub fn broken_rules(values: &Values, defaults: &str, schema: &[PackSchema]) -> Vec<BrokenRule> {
    // A pack whose own values are no YAML has no read-only ones to compare with.
    let defaults = Values::parse(defaults).ok();
    let asked: Vec<SchemaEntry> = schema.iter().map(entry).collect();
    let broken = |found: &Violation<'_>| BrokenRule {
        line: found.mark.map_or(1, |mark| mark.line),
        code: code(&found.problem),
        text: found.to_string(),
    };
    violations(&asked, values, defaults.as_ref()).iter().map(broken).collect()
}

fn code(wrong: &Problem) -> &'static str {
    match wrong {
        Problem::Missing => "ValueRequired",
        Problem::Changed => "ValueReadOnly",
        Problem::Form { .. } => "ValueInvalid",
    }
}

/// What the catalogue holds was parsed before; an unknown form refuses nothing.
fn entry(schema: &PackSchema) -> SchemaEntry {
    let format = (!schema.format.is_empty()).then(|| Format::parse(&schema.format).ok()).flatten();
    SchemaEntry::asked(&schema.name, schema.required, schema.readonly, format)
}

fn undefined(subject: &Subject<'_>, text: &str) -> Vec<(usize, Remark)> {
    let packs: Vec<&str> =
        subject.template.packs.iter().flat_map(|pack| [pack.name.as_str(), pack.pack_name()]).collect();
    let variables: Option<Vec<&str>> =
        subject.variables.map(|known| known.iter().map(|variable| variable.name.as_str()).collect());
    let known = Known { packs: Some(&packs), variables: variables.as_deref(), macros: None };
    let all = macros::find(text);
    let used: Vec<_> = all.macros.into_iter().filter(|found| !found.in_comment).collect();
    let missing = macros::undefined(&used, &known).into_iter().map(|reference| {
        let path = &reference.path;
        let remark = match &reference.scope {
            Scope::Var => {
                Remark::error(VARIABLE_UNDEFINED, format!("the variable `{path}` is not defined. {CREATE_VARIABLE}"))
            }
            Scope::Pack => Remark::error(
                MACRO_UNDEFINED,
                format!(
                    "`.spectro.pack.{path}` takes a value of the pack `{}`, which is no layer of this profile",
                    reference.name(&packs)
                ),
            ),
            Scope::System => {
                let text = format!("`.spectro.system.{path}` is nothing that Palette defines");
                Remark::error(MACRO_UNDEFINED, text)
            }
            Scope::Macro => Remark::warning(MACRO_UNDEFINED, format!("the macro `{path}` is not known here")),
            Scope::Unknown(scope) => Remark::error(
                MACRO_UNDEFINED,
                format!("`.spectro.{scope}` is no kind of macro; there are system, pack, var and macro"),
            ),
        };
        (reference.mark.line, remark)
    });
    let open = all.unbalanced.iter().filter(|found| !found.in_comment).map(|found| {
        let text = format!("a macro is not closed as it should be: {}", found.problem);
        (found.mark.line, Remark::warning("MacroOpen", text))
    });
    missing.chain(open).collect()
}
