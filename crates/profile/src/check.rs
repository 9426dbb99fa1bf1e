//! What is wrong with the packs of a profile, all at once: their values against their schemas, and what they depend on.
//! Nothing of it keeps a profile from being saved.

use crate::compose::pack_name;
use crate::model::{Kind, PackInput, PackType};
use crate::rules::used_variables;
use crate::service::READ;
use crate::{Error, Profiles, Result, Variable};
use packyard_access::Caller;
use packyard_catalog::{PackDependency, PackDetail, PackSchema};
use packyard_pack::LooseVersion;
use packyard_pack::values::Values;
use std::net::Ipv4Addr;

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
        let found =
            self.catalog().packs_known(caller, uids.iter().map(String::as_str)).await.map_err(Error::Catalog)?;
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
            found.extend(against_schema(&pack.values, &detail.schema));
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

fn undefined<'a>(pack: &'a PackInput, defined: &[Variable]) -> Vec<&'a str> {
    let texts = std::iter::once(&pack.values).chain(pack.manifests.iter().map(|manifest| &manifest.content));
    texts
        .flat_map(|text| used_variables(text))
        .filter(|name| !defined.iter().any(|variable| variable.name == *name))
        .collect()
}

fn against_schema(text: &str, schema: &[PackSchema]) -> Vec<PackProblem> {
    let values = match Values::parse(text) {
        Ok(values) => values,
        Err(error) => return vec![problem("ValuesUnreadable", format!("the values are no YAML: {error}"))],
    };
    let wrong = schema.iter().filter_map(|entry| {
        let given = values.lookup(&entry.name).and_then(|node| node.text());
        match given {
            None | Some("") if entry.required => {
                Some(problem("ValueRequired", format!("{} needs a value", entry.name)))
            }
            // What a macro becomes is known at deployment.
            Some(given) if !given.is_empty() && !given.contains("{{") => mismatch(entry, given),
            _ => None,
        }
    });
    wrong.collect()
}

/// A password is not repeated.
fn mismatch(entry: &PackSchema, given: &str) -> Option<PackProblem> {
    let shown = if entry.kind == "password" { "the password".to_owned() } else { format!("`{given}`") };
    let why = match entry.kind.as_str() {
        "number" if given.parse::<f64>().is_err() => "is no number".to_owned(),
        "boolean" if !matches!(given, "true" | "false") => "is neither true nor false".to_owned(),
        "ipv4" if given.parse::<Ipv4Addr>().is_err() => "is no IPv4 address".to_owned(),
        "list" if !entry.list_options.is_empty() && !entry.list_options.iter().any(|option| option == given) => {
            format!("is none of {}", entry.list_options.join(", "))
        }
        _ if !entry.regex.is_empty() => match regex::Regex::new(&entry.regex) {
            Ok(regex) if !regex.is_match(given) => format!("does not match {}", entry.regex),
            _ => return None,
        },
        _ => return None,
    };
    Some(problem("ValueInvalid", format!("{}: {shown} {why}", entry.name)))
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

/// A bound of fewer parts stands for all that begin with it: up to `1.29` takes in `1.29.4`.
fn is_within(version: &str, need: &PackDependency) -> bool {
    let own = LooseVersion::new(version);
    let begins =
        |bound: &str| version.trim_start_matches('v').starts_with(&format!("{}.", bound.trim_start_matches('v')));
    let above = need.min_version.is_empty() || own.cmp_release(&LooseVersion::new(need.min_version.as_str())).is_ge();
    let below = need.max_version.is_empty()
        || begins(&need.max_version)
        || own.cmp_release(&LooseVersion::new(need.max_version.as_str())).is_le();
    above && below
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, kind: &str, regex: &str, required: bool) -> PackSchema {
        let (name, kind, regex) = (name.to_owned(), kind.to_owned(), regex.to_owned());
        PackSchema { name, kind, regex, required, list_options: vec!["a".into(), "b".into()], ..PackSchema::default() }
    }

    #[test]
    fn values_are_held_against_the_schema_and_passwords_are_not_repeated() {
        let schema = [
            entry("a.port", "number", "", true),
            entry("a.mode", "list", "", false),
            entry("a.key", "password", "^[a-z]{8}$", false),
            entry("a.absent", "string", "", true),
            entry("a.macro", "ipv4", "", true),
        ];
        let text = "a:\n  port: many\n  mode: c\n  key: hunter2\n  macro: '{{.spectro.var.ip}}'\n";
        let found = against_schema(text, &schema);
        let codes: Vec<_> = found.iter().map(|one| one.code).collect();
        assert_eq!(codes, ["ValueInvalid", "ValueInvalid", "ValueInvalid", "ValueRequired"], "{found:?}");
        assert!(!format!("{found:?}").contains("hunter2"));
        assert!(against_schema("a: {port: 1, absent: x, macro: 10.0.0.1}\n", &schema).is_empty());
        assert_eq!(against_schema("a: [", &schema)[0].code, "ValuesUnreadable");
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
