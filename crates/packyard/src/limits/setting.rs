//! `NAME=VALUE`, as it is typed and as it stands in a variable or a file.

use super::Limits;
use super::table::{ALL, Limit, Unit};

/// Limits of packs, which the verbs that read packs know too.
const OF_PACKS: &[&str] = &["pack."];

/// Limits of what `pack init` reads.
const OF_SOURCES: &[&str] = &["pack.", "helm."];

/// `NAME=VALUE`, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitSetting {
    at: usize,
    pub(super) value: u64,
}

impl LimitSetting {
    /// For clap.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form NAME=VALUE"))?;
        Self::new(name.trim(), value.trim())
    }

    /// The same where only packs are read.
    pub(crate) fn parse_of_packs(text: &str) -> Result<Self, String> {
        Self::parse_of(text, OF_PACKS)
    }

    /// The same where packs are made from charts.
    pub(crate) fn parse_of_sources(text: &str) -> Result<Self, String> {
        Self::parse_of(text, OF_SOURCES)
    }

    fn parse_of(text: &str, prefixes: &[&str]) -> Result<Self, String> {
        let setting = Self::parse(text)?;
        let name = setting.limit().name;
        if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
            return Ok(setting);
        }
        Err(format!("{name} is no limit of this verb; here are: {}", names(prefixes)))
    }

    pub(super) fn new(name: &str, value: &str) -> Result<Self, String> {
        let at = ALL.iter().position(|limit| limit.name == name);
        let at = at.ok_or_else(|| format!("there is no limit `{name}`; there are: {}", names(&[""])))?;
        let limit = &ALL[at];
        let value = number(limit.unit, value).map_err(|why| format!("{name} ({}): {why}", limit.what))?;
        let most = if name == "manifest_bytes" { packyard_oci::MANIFEST_LIMIT as u64 } else { u64::MAX };
        if value == 0 || value > most || !(limit.set)(&mut Limits::default(), value) {
            return Err(format!("{name}: {value} is out of range"));
        }
        Ok(Self { at, value })
    }

    pub(super) fn limit(self) -> &'static Limit {
        &ALL[self.at]
    }
}

fn names(prefixes: &[&str]) -> String {
    let wanted = |name: &&str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let names: Vec<&str> = ALL.iter().map(|limit| limit.name).filter(wanted).collect();
    names.join(", ")
}

/// `10`, `4KiB`, `90s`; a time without a unit is in seconds.
fn number(unit: Unit, text: &str) -> Result<u64, String> {
    let (number, expected) = match unit {
        Unit::Bytes => (bytes(text), "a size such as 512KiB, 100MiB or 2GiB"),
        Unit::Time => (crate::seconds::seconds(text), "a time such as 90s, 15m or 4h"),
        Unit::Count => (text.parse().ok(), "a number"),
    };
    number.ok_or_else(|| format!("`{text}` is not {expected}"))
}

fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let factor: u64 = match text[end..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    text[..end].parse::<u64>().ok()?.checked_mul(factor)
}
