//! Every limit by its name, whichever crate keeps it: what `--limit NAME=VALUE`, `PACKYARD_LIMITS` and the table
//! `[limits]` of packyard.toml set. docs/operations.md has the same table, written by a test.

use crate::commands::WrongArguments;
use anyhow::anyhow;
use clap::Args;
use packyard_catalog::SyncLimits;
use packyard_pack::ReadLimits;
use packyard_pack::helm::IndexLimits;
use packyard_profile::ProfileLimits;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// All of them, with values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub(crate) registry: packyard_registry::Limits,
    pub(crate) sync: SyncLimits,
    pub(crate) profiles: ProfileLimits,
    /// Of `pack init`.
    pub(crate) helm: IndexLimits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Bytes,
    Time,
    Count,
}

/// A limit's name and where it is kept.
struct Limit {
    name: &'static str,
    unit: Unit,
    what: &'static str,
    get: fn(&Limits) -> u64,
    /// False when the number does not fit.
    set: fn(&mut Limits, u64) -> bool,
}

/// The types that limits have. Times are whole seconds.
trait Number: Copy {
    fn get(self) -> u64;
    fn of(number: u64) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn get(self) -> u64 {
                u64::try_from(self).unwrap_or(u64::MAX)
            }

            fn of(number: u64) -> Option<Self> {
                Self::try_from(number).ok()
            }
        }
    )*};
}

numbers!(u64, u32, usize);

impl Number for Duration {
    fn get(self) -> u64 {
        self.as_secs()
    }

    fn of(number: u64) -> Option<Self> {
        // More is a mistake, and would run over when it is added to a time.
        (number <= 100 * 365 * 24 * 3600).then(|| Self::from_secs(number))
    }
}

fn put<N: Number>(place: &mut N, number: u64) -> bool {
    N::of(number).map(|number| *place = number).is_some()
}

macro_rules! limits {
    ($($name:literal $unit:ident $($field:ident).+: $what:literal;)*) => {
        const ALL: &[Limit] = &[$(Limit {
            name: $name,
            unit: Unit::$unit,
            what: $what,
            get: |limits| Number::get(limits.$($field).+),
            set: |limits, number| put(&mut limits.$($field).+, number),
        }),*];
    };
}

limits! {
    "manifest_bytes" Bytes registry.manifest_bytes: "one manifest; 4 MiB is the most";
    "manifest_references" Count registry.manifest_references: "blobs and manifests in one manifest";
    "blob_bytes" Bytes registry.blob_bytes: "one blob";
    "uploads_per_principal" Count registry.uploads_per_principal: "open uploads of one principal";
    "uploads" Count registry.uploads: "open uploads of all";
    "upload_idle" Time registry.upload_idle: "an upload without a request is dropped";
    "body_idle" Time registry.body_idle: "a request's body without a byte is given up";
    "page" Count registry.page: "entries of one page of tags, repositories or referrers";
    "large_calls" Count registry.large_calls: "ECR calls with large bodies that are read at the same time";
    "manifest_cache_bytes" Bytes registry.manifest_cache_bytes: "manifests kept in memory";
    "blob_cache_bytes" Bytes registry.blob_cache_bytes: "small blobs kept in memory";
    "repositories" Count sync.repositories: "repositories listed in one registered registry";
    "tags_per_repository" Count sync.tags_per_repository: "tags of one repository of it";
    "pages" Count sync.pages: "pages of one list of it";
    "parallel_tags" Count sync.parallel_tags: "tags fetched at the same time in one sync";
    "host_parallel" Count sync.host_parallel: "requests to one host at the same time, of all registries there";
    "host_rate" Count sync.host_rate: "requests to one host in a second, of all registries there";
    "parallel_runs" Count sync.parallel_runs: "registries synchronised at the same time";
    "tag_time" Time sync.tag_time: "fetching one tag, with retries";
    "run_time" Time sync.run_time: "one whole sync";
    "history_runs" Count sync.history_runs: "syncs kept in the history of a registry";
    "profile_states" Count profiles.states: "saved states kept in the history of a cluster profile's version";
    "profile_manifest_bytes" Bytes profiles.manifest_bytes: "one manifest of a cluster profile's layer";
    "history_days" Count sync.history_days: "days that they are kept; the newest one stays";
    "lease_time" Time sync.lease_time: "a server not heard of for so long is taken for dead, and another takes its sync over";
    "pack.archive_bytes" Bytes sync.pack.archive_bytes: "a pack's archive as it travels";
    "pack.unpacked_bytes" Bytes sync.pack.unpacked_bytes: "all files of a pack together";
    "pack.file_bytes" Bytes sync.pack.file_bytes: "one file of a pack";
    "pack.entries" Count sync.pack.entries: "entries of an archive, of every kind";
    "pack.depth" Count sync.pack.depth: "folders a path is deep";
    "pack.path_bytes" Count sync.pack.path_bytes: "bytes of a path";
    "pack.ratio" Count sync.pack.ratio: "unpacked bytes for each packed byte, asked beyond 16 MiB";
    "pack.text_bytes" Bytes sync.pack.text_bytes: "each of pack.json, values.yaml, README.md, schema.yaml, presets.yaml, Chart.yaml";
    "pack.logo_bytes" Bytes sync.pack.logo_bytes: "the logo; a larger one is not shown";
    "pack.manifest_bytes" Bytes sync.pack.manifest_bytes: "a Kubernetes manifest; a larger one is not shown";
    "pack.kept_bytes" Bytes sync.pack.kept_bytes: "kept in memory for one pack";
    "pack.chart_bytes" Bytes sync.pack.chart_bytes: "what all charts of a pack unpack to";
    "pack.zstd_window_bytes" Bytes sync.pack.zstd_window_bytes: "the window a zstd archive asks for";
    "helm.index_bytes" Bytes helm.bytes: "index.yaml of a Helm repository, which `pack init` reads";
    "helm.index_entries" Count helm.entries: "versions of all charts in it";
    "helm.index_value_bytes" Bytes helm.value_bytes: "one text in it";
}

/// Limits of packs, which the verbs that read packs know too.
const OF_PACKS: &[&str] = &["pack."];

/// Limits of what `pack init` reads.
const OF_SOURCES: &[&str] = &["pack.", "helm."];

/// `NAME=VALUE`, understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitSetting {
    at: usize,
    value: u64,
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

    fn new(name: &str, value: &str) -> Result<Self, String> {
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

    fn limit(self) -> &'static Limit {
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
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = (&text[..end], text[end..].trim());
    let (factor, expected) = match unit {
        Unit::Bytes => (
            match suffix {
                "" | "B" => Some(1),
                "KiB" => Some(1 << 10),
                "MiB" => Some(1 << 20),
                "GiB" => Some(1 << 30),
                _ => None,
            },
            "a size such as 512KiB, 100MiB or 2GiB",
        ),
        Unit::Time => (
            match suffix {
                "" | "s" => Some(1),
                "m" => Some(60),
                "h" => Some(3600),
                _ => None,
            },
            "a time such as 90s, 15m or 4h",
        ),
        Unit::Count => ((suffix.is_empty()).then_some(1), "a number"),
    };
    let number = digits.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    number.ok_or_else(|| format!("`{text}` is not {expected}"))
}

/// The table `[limits]` of packyard.toml; `pack.entries = 9` and a table `[limits.pack]` mean the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct LimitsTable(Vec<LimitSetting>);

impl<'de> Deserialize<'de> for LimitsTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut settings = Vec::new();
        flatten("", &toml::Table::deserialize(deserializer)?, &mut settings).map_err(D::Error::custom)?;
        Ok(Self(settings))
    }
}

fn flatten(prefix: &str, table: &toml::Table, settings: &mut Vec<LimitSetting>) -> Result<(), String> {
    for (key, value) in table {
        let name = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{name}."), inner, settings)?,
            toml::Value::Integer(number) => settings.push(LimitSetting::new(&name, &number.to_string())?),
            toml::Value::String(text) => settings.push(LimitSetting::new(&name, text.trim())?),
            other => return Err(format!("{name}: a limit is a number or a text, not a {}", other.type_str())),
        }
    }
    Ok(())
}

impl Limits {
    /// Those that do not have their default, for the log.
    pub(crate) fn changed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let defaults = Self::default();
        let value = move |limit: &Limit| ((limit.get)(self), (limit.get)(&defaults));
        ALL.iter().filter_map(move |limit| {
            let (value, default) = value(limit);
            (value != default).then_some((limit.name, value))
        })
    }

    /// The defaults, overruled by the file, by `PACKYARD_LIMITS`, and by what was typed.
    pub(crate) fn resolve(file: &LimitsTable, typed: &[LimitSetting]) -> Result<Self, WrongArguments> {
        let mut limits = Self::default();
        for setting in file.0.iter().chain(&from_environment()?).chain(typed) {
            (setting.limit().set)(&mut limits, setting.value);
        }
        Ok(limits)
    }
}

/// The option of verbs that read packs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PackLimits {
    /// Another value for a limit of packs, such as pack.archive_bytes=500MiB; docs/operations.md lists them
    /// [also: PACKYARD_LIMITS=NAME=VALUE,...]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = LimitSetting::parse_of_packs)]
    limit: Vec<LimitSetting>,
}

impl PackLimits {
    /// The variable may have limits of a server too, which mean nothing here.
    pub(crate) fn read(&self) -> Result<ReadLimits, WrongArguments> {
        Ok(Limits::resolve(&LimitsTable::default(), &self.limit)?.sync.pack)
    }
}

/// The option of `pack init`, which reads charts and the repositories they are in.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SourceLimits {
    /// Another value for a limit of packs or of Helm repositories, such as helm.index_bytes=1GiB;
    /// docs/operations.md lists them [also: PACKYARD_LIMITS=NAME=VALUE,...]
    #[arg(long = "limit", value_name = "NAME=VALUE", value_parser = LimitSetting::parse_of_sources)]
    limit: Vec<LimitSetting>,
}

impl SourceLimits {
    pub(crate) fn read(&self) -> Result<(ReadLimits, IndexLimits), WrongArguments> {
        let limits = Limits::resolve(&LimitsTable::default(), &self.limit)?;
        Ok((limits.sync.pack, limits.helm))
    }
}

fn from_environment() -> Result<Vec<LimitSetting>, WrongArguments> {
    const NAME: &str = "PACKYARD_LIMITS";
    let text = std::env::var(NAME).unwrap_or_default();
    let settings = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    settings.map(|part| LimitSetting::parse(part).map_err(|why| WrongArguments(anyhow!("{NAME}: {why}")))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn set(text: &str) -> Result<u64, String> {
        LimitSetting::parse(text).map(|setting| setting.value)
    }

    #[test]
    fn sizes_times_and_counts_have_units() {
        assert_eq!(set("blob_bytes=2GiB"), Ok(2 << 30));
        assert_eq!(set("pack.text_bytes = 512 KiB"), Ok(512 << 10));
        assert_eq!(set("blob_bytes=77"), Ok(77));
        assert_eq!(set("upload_idle=15m"), Ok(900));
        assert_eq!(set("run_time=2h"), Ok(7200));
        assert_eq!(set("body_idle=90"), Ok(90));
        assert_eq!(set("page=50"), Ok(50));
        for wrong in ["page=5s", "blob_bytes=2GB", "body_idle=1d", "page=", "page=-1", "page=0", "page=1.5", "page"] {
            assert!(set(wrong).is_err(), "{wrong}");
        }
        for too_much in
            ["pack.entries=5000000000", "blob_bytes=99999999999GiB", "manifest_bytes=5MiB", "run_time=1000000h"]
        {
            assert!(set(too_much).is_err(), "{too_much}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_all_names() {
        let error = set("blob_size=1").unwrap_err();
        assert!(error.contains("`blob_size`") && ALL.iter().all(|limit| error.contains(limit.name)), "{error}");
        let error = LimitSetting::parse_of_packs("helm.index_bytes=1").unwrap_err();
        assert!(error.contains("pack.entries") && !error.contains("run_time"), "{error}");
        let error = LimitSetting::parse_of_sources("page=1").unwrap_err();
        assert!(error.contains("pack.entries, ") && error.contains("helm.index_entries"), "{error}");
    }

    #[test]
    fn every_limit_is_its_own() {
        for (at, limit) in ALL.iter().enumerate() {
            let mut limits = Limits::default();
            assert!((limit.set)(&mut limits, 7), "{}", limit.name);
            for (other_at, other) in ALL.iter().enumerate() {
                let expected = if at == other_at { 7 } else { (other.get)(&Limits::default()) };
                assert_eq!((other.get)(&limits), expected, "{} after {}", other.name, limit.name);
            }
        }
    }

    #[test]
    fn the_file_has_a_table_and_typed_limits_win() {
        let table: LimitsTable = toml::from_str("page = 5\nbody_idle = \"2m\"\npack.entries = 9\n").unwrap();
        let typed = [LimitSetting::parse("page=6").unwrap()];
        let limits = Limits::resolve(&table, &typed).unwrap();
        assert_eq!((limits.registry.page, limits.registry.body_idle), (6, Duration::from_secs(120)));
        assert_eq!(limits.sync.pack.entries, 9);
        for wrong in ["pagee = 5", "page = true", "[pack]\nentrys = 1", "page = -4"] {
            assert!(toml::from_str::<LimitsTable>(wrong).is_err(), "{wrong}");
        }
    }

    fn shown(limit: &Limit) -> String {
        let value = (limit.get)(&Limits::default());
        let in_units = |units: &[(u64, &str)]| {
            let (size, name) = units.iter().find(|(size, _)| value.is_multiple_of(*size)).copied().unwrap_or((1, ""));
            format!("{}{name}", value / size)
        };
        match limit.unit {
            Unit::Bytes => in_units(&[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]),
            Unit::Time => in_units(&[(3600, "h"), (60, "m"), (1, "s")]),
            Unit::Count => value.to_string(),
        }
    }

    #[test]
    fn the_page_lists_every_limit() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
        let page = std::fs::read_to_string(&path).unwrap();
        let (begin, end) = (
            "<!-- limits: written by a test from the table in the code; set PACKYARD_UPDATE_DOCS=1 to write it again -->\n",
            "<!-- end of limits -->",
        );
        let mut table = String::from("| limit | unit | default | |\n|---|---|---|---|\n");
        for limit in ALL {
            let unit = match limit.unit {
                Unit::Bytes => "size",
                Unit::Time => "time",
                Unit::Count => "number",
            };
            table.push_str(&format!("| `{}` | {unit} | {} | {} |\n", limit.name, shown(limit), limit.what));
        }
        let (before, rest) = page.split_once(begin).expect("the table's begin");
        let (written, after) = rest.split_once(end).expect("the table's end");
        if std::env::var_os("PACKYARD_UPDATE_DOCS").is_some() {
            std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
        } else {
            assert_eq!(written, table, "run the test with PACKYARD_UPDATE_DOCS=1");
        }
    }
}
