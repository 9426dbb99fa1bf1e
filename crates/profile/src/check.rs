//! What is wrong with the packs of a profile, all at once: their values against their schemas, and what they depend on.
//! Nothing of it keeps a profile from being saved.

use crate::compose::pack_name;
use crate::model::{Kind, PackInput, PackType};
use crate::remarks::entry;
use crate::rules::used_variables;
use crate::service::READ;
use crate::{Error, Profiles, Result, Variable};
use packyard_access::Caller;
use packyard_catalog::{PackDependency, PackDetail, PackSchema};
use packyard_pack::metadata::VersionRange;
use packyard_pack::schema::{Problem as Wrong, SchemaEntry, violations};
use packyard_pack::values::Values;

/// The layer of packs that stand on a cluster; the others make one.
const ADDON: &str = "addon";

/// The findings about one pack; none when it is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackReport {
    pub name: String,
    pub display_name: String,
    pub problems: Vec<PackProblem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    pub code: &'static str,
    pub message: String,
}

fn problem(code: &'static str, message: impl Into<String>) -> PackProblem {
    PackProblem { code, message: message.into() }
}

impl Profiles {
    /// Looks at packs that are in no profile yet. Variables are unknown, so their use is not judged.
    pub async fn check_packs(&self, caller: &Caller, kind: Kind, packs: &[PackInput]) -> Result<Vec<PackReport>> {
        self.may(caller, READ).await?;
        self.reports(caller, kind, packs, None).await
    }

    /// Looks at packs as they would be in this profile.
    pub async fn check_packs_of(&self, caller: &Caller, uid: &str, packs: &[PackInput]) -> Result<Vec<PackReport>> {
        let profile = self.get(caller, uid).await?;
        self.reports(caller, profile.kind, packs, Some(&profile.variables)).await
    }

    async fn reports(
        &self,
        caller: &Caller,
        kind: Kind,
        packs: &[PackInput],
        variables: Option<&[Variable]>,
    ) -> Result<Vec<PackReport>> {
        let mut uids = Vec::with_capacity(packs.len());
        for pack in packs {
            uids.push(self.catalogued(caller, pack).await?.map(|row| row.uid).unwrap_or_default());
        }
        let asked: Vec<&str> = uids.iter().map(String::as_str).collect();
        let found = self.catalog().packs_by_uid(caller, &asked).await.map_err(Error::Catalog)?;
        let known: Vec<Option<PackDetail>> = uids.iter().map(|uid| found.get(uid).cloned()).collect();
        let reports = packs.iter().zip(&known).map(|(pack, detail)| PackReport {
            name: pack.name.clone(),
            display_name: detail.as_ref().map_or_else(|| pack.name.clone(), |detail| detail.row.display_name.clone()),
            problems: problems(pack, detail.as_ref(), kind, packs, &known, variables),
        });
        Ok(reports.collect())
    }
}

fn problems(
    pack: &PackInput,
    detail: Option<&PackDetail>,
    kind: Kind,
    packs: &[PackInput],
    known: &[Option<PackDetail>],
    variables: Option<&[Variable]>,
) -> Vec<PackProblem> {
    let mut found = Vec::new();
    match detail {
        Some(detail) => {
            if detail.row.is_gone {
                let message = format!("version {} is no longer in its registry", detail.row.version);
                found.push(problem("PackDeleted", message));
            }
            found.extend(against_schema(&pack.values, &detail.values, &detail.schema));
            let judged = detail.dependencies.iter().filter(|need| kind != Kind::AddOn || need.layer == ADDON);
            found.extend(judged.filter_map(|need| unmet(need, packs, known)));
        }
        None if matches!(pack.pack_type, Some(PackType::Manifest | PackType::Helm)) => {}
        None => found.push(problem("PackNotFound", "no registry here has this pack in this version")),
    }
    for variable in variables.into_iter().flat_map(|defined| undefined(pack, defined)) {
        found.push(problem("PackVariablesUndefined", format!("the profile has no variable {variable}")));
    }
    found
}

fn undefined(pack: &PackInput, defined: &[Variable]) -> Vec<String> {
    let texts = std::iter::once(&pack.values).chain(pack.manifests.iter().map(|manifest| &manifest.content));
    texts
        .flat_map(|text| used_variables(text))
        .filter(|name| !defined.iter().any(|variable| variable.name == *name))
        .collect()
}

fn against_schema(text: &str, defaults: &str, schema: &[PackSchema]) -> Vec<PackProblem> {
    let defaults = Values::parse(defaults).ok();
    let values = match Values::parse(text) {
        Ok(values) => values,
        Err(error) => return vec![problem("ValuesUnreadable", format!("the values are no YAML: {error}"))],
    };
    let asked: Vec<SchemaEntry> = schema.iter().map(entry).collect();
    let found = violations(&asked, &values, defaults.as_ref());
    found.iter().map(|found| problem(code(&found.problem), found.to_string())).collect()
}

fn code(wrong: &Wrong) -> &'static str {
    match wrong {
        Wrong::Missing => "ValueRequired",
        Wrong::Changed => "ValueReadOnly",
        Wrong::Form { .. } => "ValueInvalid",
    }
}

fn unmet(need: &PackDependency, packs: &[PackInput], known: &[Option<PackDetail>]) -> Option<PackProblem> {
    let there = packs.iter().zip(known).find(|(pack, _)| pack_name(&pack.name) == need.pack_name);
    let version = there.map(|(pack, detail)| detail.as_ref().map_or(pack.tag.as_str(), |detail| &detail.row.version));
    let range = match (need.min_version.as_str(), need.max_version.as_str()) {
        ("", "") => String::new(),
        (min, "") => format!(" from version {min}"),
        ("", max) => format!(" up to version {max}"),
        (min, max) => format!(" from version {min} to {max}"),
    };
    let name = &need.pack_name;
    match (need.kind.as_str(), version) {
        ("required", None) => {
            Some(problem("DependencyMissing", format!("it needs the pack {name}{range} in the profile")))
        }
        ("required" | "optional", Some(version)) if !is_within(version, need) => {
            Some(problem("DependencyVersion", format!("it needs {name}{range}, and the profile has {version}")))
        }
        ("notSupported", Some(version)) if is_within(version, need) => Some(problem(
            "DependencyNotSupported",
            format!("it does not work with {name}{range}; the profile has {version}"),
        )),
        _ => None,
    }
}

fn is_within(version: &str, need: &PackDependency) -> bool {
    VersionRange { min: &need.min_version, max: &need.max_version }.contains(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(entries: &[(&str, &str, bool)]) -> Vec<PackSchema> {
        let entry = |(name, format, required): &(&str, &str, bool)| PackSchema {
            name: (*name).to_owned(),
            format: (*format).to_owned(),
            required: *required,
            ..PackSchema::default()
        };
        entries.iter().map(entry).collect()
    }

    #[test]
    fn values_are_held_against_the_schema_and_passwords_are_not_repeated() {
        let schema = schema(&[
            ("a.port", "${number}", true),
            ("a.mode", "${list:[a,b]}", false),
            ("a.key", "${password:/^[a-z]{8}$/}", false),
            ("a.absent", "${string}", true),
            ("a.macro", "${ipv4}", true),
        ]);
        let text = "a:\n  port: many\n  mode: c\n  key: hunter2\n  macro: '{{.spectro.var.ip}}'\n";
        let found = against_schema(text, "", &schema);
        let codes: Vec<_> = found.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["ValueInvalid", "ValueInvalid", "ValueInvalid", "ValueRequired"], "{found:?}");
        assert!(!format!("{found:?}").contains("hunter2"));
        assert!(against_schema("a: {port: 1, absent: x, macro: 10.0.0.1}\n", "", &schema).is_empty());
        assert_eq!(against_schema("a: [", "", &schema)[0].code, "ValuesUnreadable");
    }

    #[test]
    fn bounds_of_few_parts_take_in_all_that_begin_with_them() {
        let need = |min: &str, max: &str| PackDependency {
            min_version: min.to_owned(),
            max_version: max.to_owned(),
            ..PackDependency::default()
        };
        for (version, min, max, expected) in [
            ("1.29.4", "1.28", "1.29", true),
            ("1.30.0", "1.28", "1.29", false),
            ("1.27.9", "1.28", "", false),
            ("v1.28.0", "1.28", "1.29", true),
            ("1.2.10", "1.2.9", "", true),
            ("9", "", "", true),
        ] {
            assert_eq!(is_within(version, &need(min, max)), expected, "{version} {min} {max}");
        }
    }
}
