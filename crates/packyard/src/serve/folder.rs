//! The data folder: private to its owner, used by one process at a time.

use super::owner::{give_to_owner_of, whose};
use anyhow::{Context, bail};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// An open, locked data folder. The lock ends with the process, however it ends.
///
/// A folder that was made for a start that is then refused goes away again, until [`DataFolder::keep`] says that
/// something in it counts.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    lock: File,
    is_new: bool,
    kept: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
#[error("the data folder {path} is in use by another packyard{holder}; stop that one first, or give this one its own --data", path = .path.display())]
pub(crate) struct InUse {
    path: PathBuf,
    holder: String,
}

const LOCK: &str = "lock";
/// How long the lock of a process that is gone may still be held by one that it had just started.
const HANDED_DOWN: Duration = Duration::from_millis(500);
/// The embedded database.
pub(super) const DATABASE: &str = "packyard.db";
/// Where objects are, unless servers share them.
pub(super) const BLOBS: &str = "blobs";
/// What stands in an empty disk.
const LOST_AND_FOUND: &str = "lost+found";

impl DataFolder {
    /// Makes the folder where it is missing.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let is_new = !path.is_dir();
        if is_new && path.exists() {
            bail!("{} is a file; --data takes a folder", path.display());
        }
        create_private(path).with_context(|| format!("could not make the data folder {}", path.display()))?;
        make_private(path)?;
        let lock_path = path.join(LOCK);
        let lock = open_lock(path, &lock_path);
        let lock = lock.with_context(|| format!("could not open {}{}", lock_path.display(), whose(&lock_path)))?;
        let mut folder = Self { path: path.to_owned(), lock, is_new: false, kept: AtomicBool::new(false) };
        folder.hold()?;
        folder.is_new = is_new;
        Ok(folder)
    }

    /// A folder that a server has used before; nothing is made.
    pub(crate) fn open_existing(path: &Path, has_own_database: bool) -> anyhow::Result<Self> {
        if path.is_dir() && (!has_own_database || path.join(DATABASE).is_file()) {
            Self::open(path)
        } else {
            no_data(path)
        }
    }

    fn hold(&mut self) -> anyhow::Result<()> {
        match lock_soon(&self.lock) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let _ = self.lock.read_to_string(&mut holder);
                let holder = holder.trim().parse::<u32>().map(|pid| format!(" (process {pid})")).unwrap_or_default();
                return Err(InUse { path: self.path.clone(), holder }.into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("could not lock {}", self.path.join(LOCK).display()));
            }
        }
        self.note_holder().with_context(|| format!("could not write {}", self.path.join(LOCK).display()))
    }

    fn note_holder(&mut self) -> std::io::Result<()> {
        self.lock.set_len(0)?;
        self.lock.rewind()?;
        write!(self.lock, "{}", std::process::id())
    }

    /// From now on the folder stays, whatever becomes of this start.
    pub(crate) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads a file that only the owner may read, or makes it with `make`'s content.
    pub(crate) fn private_file(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> anyhow::Result<Vec<u8>> {
        let path = self.path.join(name);
        match fs::read(&path) {
            Ok(content) => Ok(content),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let content = make();
                self.write_private(name, &content)?;
                Ok(content)
            }
            Err(error) => Err(error).with_context(|| format!("could not read {}", path.display())),
        }
    }

    /// Writes a file (mode 0600) so that a crash leaves the old content or the new, on disk when this returns.
    pub(crate) fn write_private(&self, name: &str, content: &[u8]) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        write_private(&path, content).with_context(|| format!("could not write {}", path.display()))?;
        Ok(path)
    }

    /// Puts one of its files into the place of another, on disk when this returns.
    pub(super) fn rename(&self, from: &str, to: &str) -> anyhow::Result<()> {
        let (from, to) = (self.path.join(from), self.path.join(to));
        fs::rename(&from, &to)
            .and_then(|()| File::open(&self.path)?.sync_all())
            .with_context(|| format!("could not move {} to {}", from.display(), to.display()))
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        if self.is_new && !self.kept.load(Ordering::Relaxed) {
            // Only what this very process made is in it. What cannot be removed does no harm.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Names the installation whose blobs are in a shared folder.
const INSTALLATION: &str = "installation";

/// The folder of blobs that servers on one database share. Another installation's is refused: each would take the
/// other's blobs for strays, and remove them.
pub(super) fn shared_blobs(path: &Path, instance_id: &str) -> anyhow::Result<PathBuf> {
    create_private(path).with_context(|| format!("could not make the folder {} of the blobs", path.display()))?;
    let marker = path.join(INSTALLATION);
    let known = match fs::read_to_string(&marker) {
        Ok(known) => known,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            write_private(&marker, instance_id.as_bytes())
                .with_context(|| format!("could not write {}", marker.display()))?;
            instance_id.to_owned()
        }
        Err(error) => return Err(error).with_context(|| format!("could not read {}", marker.display())),
    };
    if known.trim() != instance_id {
        bail!(
            "--blobs {} holds the blobs of another installation; give this one a folder of its own, or the database that belongs to these blobs",
            path.display()
        );
    }
    Ok(path.to_owned())
}

/// Whether an object lies in the folder of the blobs; the folders in it are there from the first start on.
pub(super) fn holds_blobs(blobs: &Path) -> bool {
    let has_entries = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    fs::read_dir(blobs).is_ok_and(|folders| folders.flatten().any(|folder| has_entries(&folder.path())))
}

/// For commands that work on what is there.
pub(crate) fn no_data<T>(path: &Path) -> anyhow::Result<T> {
    bail!("no Packyard data in {}; give the folder of the stopped server with --data", path.display())
}

/// Between its fork and its exec a child holds what its parent had open, the lock too; the parent may be killed meanwhile.
fn lock_soon(lock: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + HANDED_DOWN;
    loop {
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            done => return done,
        }
    }
}

/// Only what this very call made is given away: what lies there already may be a link that the owner of the folder laid to
/// a file of root's. So links are not followed either.
fn open_lock(folder: &Path, path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits().cast_signed());
    }
    match options.clone().create_new(true).open(path) {
        Ok(made) => {
            give_to_owner_of(folder, &made);
            Ok(made)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => options.open(path),
        Err(error) => Err(error),
    }
}

fn write_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    create_private(parent)?;
    let temporary = path.with_extension("new");
    let _ = fs::remove_file(&temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    give_to_owner_of(parent, &file);
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(parent)?.sync_all()
}

/// Takes others' rights from a folder that is ours, or empty; one that holds other things is not ours to change.
#[cfg(unix)]
fn make_private(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let shown = path.display();
    let mode = fs::metadata(path).with_context(|| format!("could not look at {shown}"))?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let entries = fs::read_dir(path).with_context(|| format!("could not look into {shown}"))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()?;
    let is_ours = names.iter().any(|name| name == LOCK || name == DATABASE);
    if !is_ours && names.iter().any(|name| name != LOST_AND_FOUND) {
        bail!(
            "{shown} holds other things already, and other users of this machine can read it; give --data a folder of its own, or `chmod 700` this one"
        );
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).with_context(|| {
        format!(
            "other users of this machine can read the data folder {shown}, and it is not ours to change; give --data a folder inside it, or have its owner `chmod 700` it"
        )
    })
}

#[cfg(not(unix))]
fn make_private(_path: &Path) -> anyhow::Result<()> {
    Ok(())
}

fn create_private(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_user_of_the_folder_is_told_who_has_it() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let held = DataFolder::open(&path).unwrap();
        held.keep();
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains(&std::process::id().to_string()) && error.contains("--data"), "{error}");
        drop(held);
        DataFolder::open(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_that_is_a_link_is_not_followed() {
        let parent = tempfile::tempdir().unwrap();
        let (path, precious) = (parent.path().join("data"), parent.path().join("precious"));
        DataFolder::open(&path).unwrap().keep();
        fs::write(&precious, "precious").unwrap();
        fs::remove_file(path.join(LOCK)).unwrap();
        std::os::unix::fs::symlink(&precious, path.join(LOCK)).unwrap();
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains("could not open"), "{error}");
        assert_eq!(fs::read_to_string(&precious).unwrap(), "precious");
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_and_its_secrets_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&parent.path().join("data")).unwrap();
        let path = folder.write_private("tls/ca.key", b"x").unwrap();
        assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_made_for_nothing_goes_away_and_one_that_was_there_stays() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        drop(DataFolder::open(&path).unwrap());
        assert!(!path.exists());
        DataFolder::open(&path).unwrap().keep();
        assert!(path.exists());
        drop(DataFolder::open(&path).unwrap());
        assert!(path.exists());
        let error = DataFolder::open_existing(&parent.path().join("typo"), false).unwrap_err().to_string();
        assert!(error.contains("no Packyard data") && !parent.path().join("typo").exists(), "{error}");
        assert!(DataFolder::open_existing(&path, true).is_err(), "no database in it");
    }

    #[test]
    fn blobs_are_shared_within_one_installation_only() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("blobs");
        for _ in 0..2 {
            assert_eq!(shared_blobs(&path, "one").unwrap(), path);
        }
        let error = shared_blobs(&path, "two").unwrap_err().to_string();
        assert!(error.contains("another installation"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn an_existing_folder_is_closed_to_others_unless_it_holds_other_things() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let open_to_all = || fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        fs::create_dir(&path).unwrap();
        open_to_all();
        DataFolder::open(&path).unwrap();
        assert_eq!(mode(), 0o700);
        assert_eq!(fs::metadata(path.join(LOCK)).unwrap().permissions().mode() & 0o777, 0o600);
        open_to_all();
        DataFolder::open(&path).unwrap();
        assert_eq!(mode(), 0o700, "a folder of ours");

        fs::remove_file(path.join(LOCK)).unwrap();
        fs::write(path.join("letters.txt"), "mine").unwrap();
        open_to_all();
        let error = DataFolder::open(&path).unwrap_err().to_string();
        assert!(error.contains("holds other things") && mode() == 0o755, "{error}");
    }
}
