//! Whose files are in the data folder. A server that runs as a user of its own must be able to read what an operator made
//! as root in its folder (`sudo packyard admin ...`), and whoever starts it as another user is told whose folder it is.

use std::fs::{self, File};
use std::path::Path;

/// What root made in a folder of somebody else's becomes theirs. Only for a file that the caller has just made.
#[cfg(unix)]
pub(super) fn give_to_owner_of(folder: &Path, file: &File) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let (Ok(owner), Ok(own)) = (fs::metadata(folder), file.metadata()) else { return };
    if own.uid() == 0 && owner.uid() != 0 {
        // Some mounts have one owner for everything: then it is readable, or the next start says that it is not.
        let _ = fchown(file, Some(owner.uid()), Some(owner.gid()));
    }
}

#[cfg(not(unix))]
pub(super) fn give_to_owner_of(_folder: &Path, _file: &File) {}

/// For an error about a file that may not be opened; empty where that is not the matter.
#[cfg(unix)]
pub(super) fn whose(path: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    let (Ok(file), own) = (fs::metadata(path), rustix::process::geteuid().as_raw()) else { return String::new() };
    if own == 0 || file.uid() == own {
        return String::new();
    }
    format!(
        "; it belongs to user {}, and this process runs as user {own}: run it as the owner of the data folder, or `chown -R` the folder",
        file.uid()
    )
}

#[cfg(not(unix))]
pub(super) fn whose(_path: &Path) -> String {
    String::new()
}

#[cfg(all(test, unix))]
mod tests {
    use crate::serve::DataFolder;
    use std::os::unix::fs::{MetadataExt, chown};

    #[test]
    fn what_root_makes_in_the_folder_of_a_user_is_the_users() {
        if !rustix::process::geteuid().is_root() {
            packyard_testkit::skip(
                "what_root_makes_in_the_folder_of_a_user_is_the_users",
                "the tests do not run as root",
            );
            return;
        }
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        std::fs::create_dir(&path).unwrap();
        chown(&path, Some(65_534), Some(65_534)).unwrap();
        let folder = DataFolder::open(&path).unwrap();
        let secret = folder.write_private("secret.key", b"x").unwrap();
        for file in [path.join("lock"), secret] {
            assert_eq!(std::fs::metadata(&file).unwrap().uid(), 65_534, "{}", file.display());
        }
    }
}
