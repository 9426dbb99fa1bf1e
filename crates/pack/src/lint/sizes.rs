//! Sizes: a logo that slows every list down, a pack that soon is over a limit.

use super::{Finding, rules};
use crate::contents::LOGO;
use crate::limits::ReadLimits;
use crate::metadata;
use crate::pack::Pack;
use crate::place::Place;

/// The largest known logo has 126 KB.
const LOGO_BYTES: u64 = 512 << 10;

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    if let Some(logo) = pack.files.iter().find(|file| file.path == LOGO && file.size > LOGO_BYTES) {
        let message = format!("logo.png has {} KiB", logo.size >> 10);
        found.push(Finding::new(&rules::LOGO_LARGE, message).at(Place::file(LOGO)));
    }
    near_limit(pack, &ReadLimits::PACK, found);
}

/// Four fifths of a limit. What is compressed already counts for the archive as it is.
fn near_limit(pack: &Pack, limits: &ReadLimits, found: &mut Vec<Finding>) {
    let compressed =
        |path: &str| [".tgz", ".gz", ".png", ".zip", ".zst", ".xz", ".jpg"].iter().any(|end| path.ends_with(end));
    let all: u64 = pack.files.iter().map(|file| file.size).sum();
    let packed: u64 = pack.files.iter().filter(|file| compressed(&file.path)).map(|file| file.size).sum();
    let largest = pack.files.iter().max_by_key(|file| file.size);
    let entries = pack.files.len() as u64;
    let near = |value: u64, limit: u64| value > limit / 5 * 4;
    let mut note = |what: String, limit: &str, of: u64, place: Place| {
        let message = format!("{what}, near the limit {limit} = {of}");
        found.push(Finding::new(&rules::NEAR_LIMIT, message).at(place));
    };
    let whole = || Place::file(metadata::FILE);
    if near(packed, limits.archive_bytes) {
        let what = format!("files that are compressed already have {packed} bytes together");
        note(what, "archive_bytes", limits.archive_bytes, whole());
    }
    if near(all, limits.unpacked_bytes) {
        note(format!("the files have {all} bytes together"), "unpacked_bytes", limits.unpacked_bytes, whole());
    }
    if near(entries, u64::from(limits.entries)) {
        note(format!("the pack has {entries} files"), "entries", u64::from(limits.entries), whole());
    }
    if let Some(file) = largest.filter(|file| near(file.size, limits.file_bytes)) {
        note(format!("the file has {} bytes", file.size), "file_bytes", limits.file_bytes, Place::file(&file.path));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contents::FileEntry;

    #[test]
    fn four_fifths_of_a_limit_are_near() {
        let folder = packyard_testkit::PackBuilder::new("p", "1.0.0").folder();
        let mut pack = Pack::open(folder.path()).unwrap();
        let mut found = Vec::new();
        check(&pack, &mut found);
        assert_eq!(found, []);
        pack.files.push(FileEntry { path: "charts/big.tgz".to_owned(), size: 110 << 20 });
        pack.files.push(FileEntry { path: LOGO.to_owned(), size: 600 << 10 });
        pack.files.retain(|file| file.path != LOGO || file.size > LOGO_BYTES);
        check(&pack, &mut found);
        let messages: Vec<_> = found.iter().map(|f| (f.code, f.message.as_str())).collect();
        assert_eq!(messages[0], ("PACK172", "logo.png has 600 KiB"));
        assert!(messages[1].1.contains("archive_bytes") && messages[2].1.contains("file_bytes"), "{messages:?}");
    }
}
