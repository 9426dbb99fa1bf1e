//! What a new pack needs to be told, and what fits most where nobody says.

use super::{ChartSource, Source};
use crate::helm::chart_version;
use crate::layer::Layer;
use crate::metadata::{name_problem, version_problem};
use crate::shown::shown;

/// The clouds that Palette knows; others are taken, since newer ones come.
pub const CLOUD_TYPES: [&str; 20] = [
    "all",
    "aws",
    "azure",
    "gcp",
    "vsphere",
    "openstack",
    "baremetal",
    "maas",
    "aks",
    "eks",
    "gke",
    "tencent",
    "tke",
    "edge",
    "libvirt",
    "edge-native",
    "coxedge",
    "custom",
    "apache-cloudstack",
    "nutanix",
];

/// Kinds of add-ons by the words that charts of them use.
const ADDON_TYPES: [(&str, &[&str]); 9] = [
    ("monitoring", &["monitoring", "metrics", "prometheus", "grafana", "observability"]),
    ("logging", &["logging", "logs", "fluentd", "fluentbit", "fluent-bit"]),
    ("ingress", &["ingress"]),
    ("load balancer", &["loadbalancer", "load-balancer", "load balancer"]),
    ("servicemesh", &["servicemesh", "service-mesh", "service mesh"]),
    ("authentication", &["authentication", "sso", "oidc", "identity"]),
    ("security", &["security", "certificates", "tls", "policy", "vulnerability"]),
    ("registry", &["registry"]),
    ("ai", &["ai", "machine-learning", "machine learning", "ml", "gpu"]),
];
const OTHER_ADDON_TYPE: &str = "system app";

/// The identity of a new pack, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    pub name: String,
    pub display_name: String,
    pub version: String,
    pub layer: Layer,
    /// Of add-ons only.
    pub addon_type: String,
    pub cloud_types: Vec<String>,
    pub namespace: String,
}

/// An answer that no pack can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{}` {why}", shown(.text))]
pub struct InvalidAnswer {
    /// The answer, in the words of the command line: `name`, `pack-version`.
    pub field: &'static str,
    what: &'static str,
    text: String,
    why: String,
}

impl Source {
    /// Answers that fit most; the name is empty where the source has none.
    pub fn suggest(&self) -> Answers {
        let name = match self {
            Self::Chart(chart) => pack_name(&chart.name),
            Self::Manifests(manifests) => pack_name(&manifests.name),
            Self::Empty => String::new(),
        };
        Answers {
            display_name: display_name(&name),
            version: match self {
                Self::Chart(chart) => pack_version(&chart.version),
                _ => "1.0.0".to_owned(),
            },
            layer: Layer::Addon,
            addon_type: match self {
                Self::Chart(chart) => addon_type(chart).to_owned(),
                _ => OTHER_ADDON_TYPE.to_owned(),
            },
            cloud_types: vec!["all".to_owned()],
            namespace: Answers::namespace_for(&name),
            name,
        }
    }
}

impl Answers {
    /// The display name that fits a name.
    pub fn display_name_for(name: &str) -> String {
        display_name(name)
    }

    /// The namespace that fits a name.
    pub fn namespace_for(name: &str) -> String {
        let label: String = name.chars().map(|c| if matches!(c, '.' | '_') { '-' } else { c }).take(63).collect();
        label.trim_matches('-').to_owned()
    }

    pub fn check(&self) -> Result<(), InvalidAnswer> {
        self.check_name()?;
        self.check_version()?;
        self.check_namespace()?;
        let one_line = [
            ("display-name", "the display name", &self.display_name),
            ("addon-type", "the add-on type", &self.addon_type),
        ];
        for (field, what, text) in one_line {
            if text.chars().any(char::is_control) {
                return Err(InvalidAnswer {
                    field,
                    what,
                    text: text.clone(),
                    why: "holds a control character".to_owned(),
                });
            }
        }
        let cloud_type =
            |text: &&String| text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        match self.cloud_types.iter().find(cloud_type) {
            Some(text) => Err(InvalidAnswer {
                field: "cloud-types",
                what: "the cloud type",
                text: text.clone(),
                why: format!("is not a word such as {}", CLOUD_TYPES[..4].join(", ")),
            }),
            None => Ok(()),
        }
    }

    pub fn check_name(&self) -> Result<(), InvalidAnswer> {
        let invalid =
            |why: &str| InvalidAnswer { field: "name", what: "the name", text: self.name.clone(), why: why.to_owned() };
        match name_problem(&self.name) {
            _ if self.name.is_empty() => Err(invalid("is empty")),
            Some(why) => Err(invalid(why)),
            None if self.name.contains("--") => Err(invalid("contains `--`, which clients use to join names")),
            None => Ok(()),
        }
    }

    pub fn check_version(&self) -> Result<(), InvalidAnswer> {
        let why = match version_problem(&self.version) {
            Some(why) => why.to_owned(),
            None if semver::Version::parse(&self.version).is_ok() => return Ok(()),
            None => "is not a version of SemVer 2, such as 1.0.0".to_owned(),
        };
        Err(InvalidAnswer { field: "pack-version", what: "the version", text: self.version.clone(), why })
    }

    /// A label of DNS, as Kubernetes wants it; empty for none.
    pub fn check_namespace(&self) -> Result<(), InvalidAnswer> {
        let text = &self.namespace;
        let label = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.len() <= 63;
        if label {
            return Ok(());
        }
        let why = "is not a name of a namespace: lower-case letters, digits and inner `-`, at most 63".to_owned();
        Err(InvalidAnswer { field: "namespace", what: "the namespace", text: text.clone(), why })
    }
}

/// A name as near to the source's as repositories allow.
fn pack_name(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        let c = if c.is_ascii_alphanumeric() { c } else { '-' };
        if c != '-' || !out.ends_with('-') {
            out.push(c);
        }
    }
    out.trim_matches('-').chars().take(100).collect()
}

/// `cert-manager` is `Cert Manager`.
fn display_name(name: &str) -> String {
    let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}

/// The chart's version as SemVer writes it: without `v`, with all three numbers.
fn pack_version(text: &str) -> String {
    chart_version(text).map_or_else(|| text.to_owned(), |version| version.to_string())
}

fn addon_type(chart: &ChartSource) -> &'static str {
    let words: Vec<String> = chart.keywords.iter().map(|word| word.to_lowercase()).collect();
    let fits = |known: &[&str]| known.iter().any(|known| words.iter().any(|word| word == known));
    ADDON_TYPES.iter().find(|(_, known)| fits(known)).map_or(OTHER_ADDON_TYPE, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions_of_charts_become_those_of_packs() {
        assert_eq!(pack_name("My_Chart.app--x-"), "my-chart-app-x");
        assert_eq!(display_name("cert-manager.io"), "Cert Manager Io");
        for (chart, pack) in
            [("v1.8.7", "1.8.7"), ("1.5", "1.5.0"), ("2.0.2-up.4", "2.0.2-up.4"), ("1.0.0+5", "1.0.0+5")]
        {
            assert_eq!(pack_version(chart), pack);
        }
    }

    #[test]
    fn answers_that_no_pack_can_have_are_named() {
        let good = Answers { name: "web".to_owned(), ..Source::Empty.suggest() };
        good.check().unwrap();
        let bad = [
            ("name", Answers { name: "Web".to_owned(), ..good.clone() }),
            ("name", Answers { name: String::new(), ..good.clone() }),
            ("name", Answers { name: "a--b".to_owned(), ..good.clone() }),
            ("pack-version", Answers { version: "1.5".to_owned(), ..good.clone() }),
            ("pack-version", Answers { version: "v1.5.0".to_owned(), ..good.clone() }),
            ("namespace", Answers { namespace: "a.b".to_owned(), ..good.clone() }),
            ("display-name", Answers { display_name: "a\nb".to_owned(), ..good.clone() }),
            ("cloud-types", Answers { cloud_types: vec!["a b".to_owned()], ..good.clone() }),
        ];
        for (field, answers) in bad {
            assert_eq!(answers.check().unwrap_err().field, field, "{answers:?}");
        }
    }
}
