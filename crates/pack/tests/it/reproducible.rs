//! The archive of a folder is the same bytes anywhere.

use packyard_pack::archive::{WriteError, read, write};
use packyard_pack::{ReadLimits, WriteOptions};
use packyard_testkit::{PNG, PackBuilder};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

fn archive(folder: &Path) -> (Vec<u8>, packyard_pack::archive::Written) {
    let mut out = Vec::new();
    let written = write(folder, &mut out, &WriteOptions::default()).unwrap();
    (out, written)
}

/// Every byte is fixed here, no chart archive of a local tar.
fn builder() -> PackBuilder {
    PackBuilder::new("golden", "1.0.0").file("test.sh", "#!/bin/sh\n").file("z/empty", "")
}

/// A change of the compressor or of the layout changes this digest, and so the digest of everything published: say so in
/// the CHANGELOG.
#[test]
fn the_digest_is_the_golden_one() {
    let folder = builder().folder();
    fs::set_permissions(folder.path().join("test.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let (bytes, written) = archive(folder.path());
    assert_eq!(written.sha256, "5315c4a4c7acf53e1c5682ea13f168f3334b4b1288c61017babff85d6402841b");
    assert_eq!(
        (written.top_folder.as_str(), written.files, written.packed_bytes),
        ("golden-1.0.0", 7, bytes.len() as u64)
    );
    assert_eq!(&bytes[..10], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
}

#[test]
fn times_owners_and_modes_do_not_count() {
    let one = builder().folder();
    let other = builder().folder();
    for file in ["values.yaml", "pack.json"] {
        fs::set_permissions(other.path().join(file), fs::Permissions::from_mode(0o600)).unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400);
        fs::File::options().append(true).open(other.path().join(file)).unwrap().set_modified(old).unwrap();
    }
    assert_eq!(archive(one.path()), archive(other.path()));
    fs::write(other.path().join("values.yaml"), "pack: {}\n").unwrap();
    assert_ne!(archive(one.path()).1.sha256, archive(other.path()).1.sha256);
}

#[test]
fn gnu_tar_gets_the_folder_back() {
    let long = format!("docs/{}/{}.md", "a".repeat(120), "b".repeat(90));
    let folder = builder().file(&long, "deep").folder();
    fs::set_permissions(folder.path().join("test.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let (bytes, written) = archive(folder.path());
    let target = tempfile::tempdir().unwrap();
    fs::write(target.path().join("a.tar.gz"), &bytes).unwrap();
    let output = Command::new("tar").args(["-xzf", "a.tar.gz"]).current_dir(target.path()).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let diff = Command::new("diff")
        .arg("-r")
        .arg(folder.path())
        .arg(target.path().join(&written.top_folder))
        .output()
        .unwrap();
    assert!(diff.status.success(), "{}", String::from_utf8_lossy(&diff.stdout));
    let mode = |path: &str| {
        fs::metadata(target.path().join(&written.top_folder).join(path)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("test.sh"), mode("values.yaml"), mode("z")), (0o755, 0o644, 0o755));
    let read = read(&bytes[..], &ReadLimits::PACK).unwrap();
    assert!(read.pack.has_file(&long));
}

#[test]
fn leftovers_and_ignored_files_stay_out() {
    let folder = builder()
        .file(".git/HEAD", "ref")
        .file(".DS_Store", "x")
        .file("charts/._a.tgz", "x")
        .file("charts/a.tgz.orig", "x")
        .file("notes/secret.txt", "x")
        .file(".packignore", "notes/\n")
        .folder();
    let read = read(&archive(folder.path()).0[..], &ReadLimits::PACK).unwrap();
    let names: Vec<&str> = read.pack.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(
        names,
        [
            ".packignore",
            "README.md",
            "logo.png",
            "manifests/app.yaml",
            "pack.json",
            "test.sh",
            "values.yaml",
            "z/empty"
        ]
    );
    assert_eq!(read.pack.files, packyard_pack::Pack::open(folder.path()).unwrap().files);
}

#[test]
fn links_are_files_inside_and_errors_outside() {
    let folder = builder().without("README.md").file("docs/intro.md", "# intro").folder();
    symlink("docs/intro.md", folder.path().join("README.md")).unwrap();
    let pack = read(&archive(folder.path()).0[..], &ReadLimits::PACK).unwrap().pack;
    assert_eq!(pack.readme.as_deref(), Some("# intro"));
    assert!(pack.unread.is_empty());

    let outside = folder.path().join("outside.png");
    fs::write(folder.path().parent().unwrap().join("logo.png"), PNG).unwrap();
    symlink("../logo.png", &outside).unwrap();
    let error = write(folder.path(), std::io::sink(), &WriteOptions::default()).unwrap_err();
    assert!(
        error.to_string().contains("`outside.png` is a symbolic link to `../logo.png`, which is outside"),
        "{error}"
    );
    fs::remove_file(&outside).unwrap();

    symlink("docs", folder.path().join("more")).unwrap();
    let error = write(folder.path(), std::io::sink(), &WriteOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`more` is a link to a folder"), "{error}");
    fs::remove_file(folder.path().join("more")).unwrap();

    symlink("nowhere", folder.path().join("more")).unwrap();
    let error = write(folder.path(), std::io::sink(), &WriteOptions::default()).unwrap_err();
    assert!(error.to_string().contains("`more` is a link to `nowhere`, which is not there"), "{error}");
}

#[test]
fn what_no_pack_may_hold_is_refused() {
    let refused = |folder: &Path| write(folder, std::io::sink(), &WriteOptions::default()).unwrap_err().to_string();
    let twins = builder().file("Notes.md", "").file("notes.md", "").folder();
    assert!(refused(twins.path()).contains("differ only in case"));
    let odd = builder().file("a\nb", "").folder();
    assert!(refused(odd.path()).contains("holds a control character"));
    let pipe = builder().folder();
    assert!(Command::new("mkfifo").arg(pipe.path().join("pipe")).status().unwrap().success());
    assert!(refused(pipe.path()).contains("`pipe` is a device, pipe or socket"));
    let none = builder().file("pack.json", "{").folder();
    assert!(matches!(write(none.path(), std::io::sink(), &WriteOptions::default()), Err(WriteError::Metadata(_))));
    assert!(refused(Path::new("/nonexistent/pack")).contains("/nonexistent/pack"));
}
