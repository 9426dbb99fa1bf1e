//! Which packs the paths mean.

use super::prepare::Refusal;
use crate::commands::folders::{is_pack, meant_by, packs_in};
use std::path::PathBuf;

/// The packs in the order of the paths, and those of a folder of packs by name. What is no folder at all is left to the
/// step that reads it.
pub(crate) fn packs(paths: &[PathBuf]) -> Vec<Result<PathBuf, Refusal>> {
    let mut found = Vec::new();
    for path in paths {
        // Without a slash at the end or a doubled one, so that places in findings read as they are.
        let path: PathBuf = path.components().collect();
        if !path.is_dir() || is_pack(&path) {
            found.push(match meant_by(&path) {
                Some(meant) if path.is_file() => Err(Refusal::new(&path, meant, Vec::new())),
                _ => Ok(path),
            });
            continue;
        }
        match packs_in(&path) {
            Ok(packs) if packs.is_empty() => {
                let why = "there is no pack: neither it nor a folder in it has a pack.json";
                found.push(Err(Refusal::new(&path, why, Vec::new())));
            }
            Ok(packs) => found.extend(packs.into_iter().map(Ok)),
            Err(error) => found.push(Err(Refusal::new(&path, format!("it cannot be read: {error}"), Vec::new()))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    #[test]
    fn a_pack_is_itself_and_a_folder_is_its_packs() {
        let work = tempfile::tempdir().unwrap();
        for pack in ["all/b", "all/a", "all/deep/down/c"] {
            fs::create_dir_all(work.path().join(pack)).unwrap();
            fs::write(work.path().join(pack).join("pack.json"), "{}").unwrap();
        }
        fs::create_dir_all(work.path().join("none/empty")).unwrap();
        fs::write(work.path().join("all/README.md"), "").unwrap();
        let of = |paths: &[&str]| -> Vec<Result<String, String>> {
            let paths: Vec<PathBuf> = paths.iter().map(|path| work.path().join(path)).collect();
            let short = |path: &Path| path.strip_prefix(work.path()).unwrap().display().to_string();
            let found = packs(&paths).into_iter();
            found.map(|one| one.map(|path| short(&path)).map_err(|refusal| refusal.why)).collect()
        };
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(of(&["all//b/", "all"]), [ok("all/b"), ok("all/a"), ok("all/b")]);
        assert_eq!(of(&["missing", "all/README.md"]), [ok("missing"), ok("all/README.md")]);
        let none = of(&["none", "all/deep"]);
        assert!(none[0].as_ref().is_err_and(|why| why.contains("no pack")), "{none:?}");
        assert_eq!(none[1], none[0], "one level down and no further");
    }
}
