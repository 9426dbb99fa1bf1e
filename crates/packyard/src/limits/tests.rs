//! What a limit may be, and the table of docs/operations.md.

use super::table::{ALL, Limit, Unit};
use super::*;
use std::path::Path;
use std::time::Duration;

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
    assert_eq!(set("run_time=1d"), Ok(86_400), "times have the same units everywhere");
    assert_eq!(set("page=50"), Ok(50));
    for wrong in ["page=5s", "blob_bytes=2GB", "body_idle=1w", "page=", "page=-1", "page=0", "page=1.5", "page"] {
        assert!(set(wrong).is_err(), "{wrong}");
    }
    for too_much in ["pack.entries=5000000000", "blob_bytes=99999999999GiB", "manifest_bytes=5MiB", "run_time=1000000h"]
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
