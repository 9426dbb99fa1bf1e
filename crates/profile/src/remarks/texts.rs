//! The values and manifests of a layer: YAML, what the pack's schema asks for, what macros refer to.

use super::{Remark, RemarkPlace, Subject};
use crate::model::{PackRef, PackType};
use packyard_catalog::PackSchema;
use packyard_pack::macros::{self, Known, Scope};
use packyard_pack::schema::{Format, SchemaEntry, Violation, violations};
use packyard_pack::values::Values;

pub(super) fn check(subject: &Subject<'_>, at: usize, pack: &PackRef, found: &mut Vec<Remark>) {
    let mut tell = |remark: Remark, place| found.push(remark.at_layer(at, &pack.name).at(place));
    match Values::parse(&pack.values) {
        Err(error) => {
            let text = format!("the values are not YAML: {}", error.message);
            tell(Remark::error(text), RemarkPlace::Values(error.mark.line));
        }
        Ok(values) => {
            for (key, mark) in &values.document().duplicates {
                let text = format!("`{key}` stands twice in this map; the later one wins");
                tell(Remark::warning(text), RemarkPlace::Values(mark.line));
            }
            for (line, text) in against_schema(subject, pack, &values) {
                tell(Remark::error(text), RemarkPlace::Values(line));
            }
        }
    }
    for (line, remark) in undefined(subject, &pack.values) {
        tell(remark, RemarkPlace::Values(line));
    }
    for manifest in &pack.manifests {
        if pack.pack_type == PackType::Manifest && manifest.content.trim().is_empty() {
            tell(Remark::error("the manifest is empty"), RemarkPlace::Manifest(manifest.name.clone(), 1));
        }
        for (line, remark) in undefined(subject, &manifest.content) {
            tell(remark, RemarkPlace::Manifest(manifest.name.clone(), line));
        }
    }
}

fn against_schema(subject: &Subject<'_>, pack: &PackRef, values: &Values) -> Vec<(usize, String)> {
    let Some(detail) = subject.detail(pack).filter(|detail| !detail.schema.is_empty()) else { return Vec::new() };
    broken_rules(values, &detail.values, &detail.schema)
}

/// `(line, what is wrong)` of values under the schema of a pack with these default values.
pub fn broken_rules(values: &Values, defaults: &str, schema: &[PackSchema]) -> Vec<(usize, String)> {
    // A pack whose own values are no YAML has no read-only ones to compare with.
    let defaults = Values::parse(defaults).ok();
    let asked: Vec<SchemaEntry> = schema.iter().map(entry).collect();
    let line = |found: &Violation<'_>| found.mark.map_or(1, |mark| mark.line);
    violations(&asked, values, defaults.as_ref()).iter().map(|found| (line(found), found.to_string())).collect()
}

/// What the catalogue holds was parsed before; an unknown form refuses nothing.
pub(crate) fn entry(schema: &PackSchema) -> SchemaEntry {
    let format = (!schema.format.is_empty()).then(|| Format::parse(&schema.format).ok()).flatten();
    SchemaEntry::asked(&schema.name, schema.required, schema.readonly, format)
}

fn undefined(subject: &Subject<'_>, text: &str) -> Vec<(usize, Remark)> {
    let packs: Vec<&str> =
        subject.template.packs.iter().flat_map(|pack| [pack.name.as_str(), pack.pack_name()]).collect();
    let variables: Vec<&str> = subject.variables.iter().map(|variable| variable.name.as_str()).collect();
    let known = Known { packs: Some(&packs), variables: Some(&variables), macros: None };
    let all = macros::find(text);
    let used: Vec<_> = all.macros.into_iter().filter(|found| !found.in_comment).collect();
    let missing = macros::undefined(&used, &known).into_iter().map(|reference| {
        let path = &reference.path;
        let remark = match &reference.scope {
            Scope::Var => Remark::error(format!("the variable `{path}` is not defined. Create it under Variables")),
            Scope::Pack => Remark::error(format!(
                "`.spectro.pack.{path}` takes a value of the pack `{}`, which is no layer of this profile",
                reference.name(&packs)
            )),
            Scope::System => Remark::error(format!("`.spectro.system.{path}` is nothing that Palette defines")),
            Scope::Macro => Remark::warning(format!("the macro `{path}` is not known here")),
            Scope::Unknown(scope) => {
                Remark::error(format!("`.spectro.{scope}` is no kind of macro; there are system, pack, var and macro"))
            }
        };
        (reference.mark.line, remark)
    });
    let open = all.unbalanced.iter().filter(|found| !found.in_comment).map(|found| {
        (found.mark.line, Remark::warning(format!("a macro is not closed as it should be: {}", found.problem)))
    });
    missing.chain(open).collect()
}
