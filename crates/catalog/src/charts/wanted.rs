//! Charts that a client names when it registers a Helm repository: it is not registered without them.

use super::listed::Listed;
use crate::error::Error;
use crate::{Catalog, RegistryKind, RegistrySpec};
use packyard_access::Caller;
use packyard_oci::client::Validators;
use std::collections::{HashMap, HashSet};

/// Missing charts that are told.
const TOLD: usize = 10;
const FIELD: &str = "createOption.charts";

/// A chart, in any version or in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedChart {
    pub name: String,
    /// As the index writes it.
    pub version: Option<String>,
}

/// Those that were not seen yet: the versions wanted of each chart.
struct Missing(HashMap<String, HashSet<Option<String>>>);

impl Missing {
    fn of(wanted: &[WantedChart]) -> Self {
        let mut missing: HashMap<String, HashSet<Option<String>>> = HashMap::new();
        for WantedChart { name, version } in wanted {
            missing.entry(name.clone()).or_default().insert(version.clone());
        }
        Self(missing)
    }

    fn see(&mut self, name: &str, version: &str) {
        let Some(versions) = self.0.get_mut(name) else { return };
        versions.remove(&None);
        versions.remove(&Some(version.to_owned()));
        if versions.is_empty() {
            self.0.remove(name);
        }
    }

    fn check(self, repository: &str) -> Result<(), Error> {
        let one = |name: &str, version: Option<String>| match version {
            Some(version) => format!("`{name}` {version}"),
            None => format!("`{name}`"),
        };
        let of_chart = |(name, versions): (String, HashSet<Option<String>>)| {
            versions.into_iter().map(|version| one(&name, version)).collect::<Vec<_>>()
        };
        let mut missing: Vec<String> = self.0.into_iter().flat_map(of_chart).collect();
        if missing.is_empty() {
            return Ok(());
        }
        missing.sort();
        let more = if missing.len() > TOLD { format!(" and {} more", missing.len() - TOLD) } else { String::new() };
        missing.truncate(TOLD);
        Err(Error::invalid(
            FIELD,
            format!(
                "the index of {repository} does not list {}{more}; name charts that it lists, or leave them out",
                missing.join(", ")
            ),
        ))
    }
}

impl Catalog {
    /// Refuses a Helm repository whose index lacks one of `wanted`, and any that cannot be read. Asks nobody for none.
    pub async fn require_charts(
        &self,
        caller: &Caller,
        spec: &RegistrySpec,
        wanted: &[WantedChart],
    ) -> Result<(), Error> {
        if wanted.is_empty() || spec.kind != RegistryKind::Helm {
            return Ok(());
        }
        self.may(caller, "packyard:ManageRegistries").await?;
        if wanted.iter().any(|chart| chart.name.trim().is_empty()) {
            return Err(Error::invalid(
                FIELD,
                "a chart has no name; give each a `name`, and a `version` if one is meant",
            ));
        }
        let repository =
            self.checked_repository(spec).map_err(|unusable| Error::invalid(unusable.field, unusable.message))?;
        let see = |missing: &mut Missing, listed: &Listed| {
            if listed.refusal().is_none() {
                missing.see(&listed.entry.name, &listed.entry.version);
            }
            Ok(())
        };
        match repository.read_index(&Validators::default(), Missing::of(wanted), see).await {
            Ok((missing, _)) => missing.check(&repository.shown()),
            Err(failure) => {
                // Tried once more hop by hop, which tells what is in the way.
                let report = self.validate_registry(caller, spec, None).await?;
                Err(match report.is_ok() {
                    true => Error::invalid("endpoint", failure.told(&repository.shown())),
                    false => Error::Unreachable(Box::new(report)),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_is_missing() {
        let wanted = |name: &str, version: Option<&str>| WantedChart {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        };
        let all = [wanted("web", None), wanted("web", Some("1.0.0")), wanted("db", Some("2.0.0")), wanted("no", None)];
        let mut missing = Missing::of(&all);
        for (name, version) in [("web", "1.0.0"), ("db", "1.0.0"), ("other", "1.0.0")] {
            missing.see(name, version);
        }
        let error = missing.check("https://charts.example.com").unwrap_err().to_string();
        assert!(error.contains("does not list `db` 2.0.0, `no`;"), "{error}");
        assert!(Missing::of(&[]).check("x").is_ok());
    }
}
