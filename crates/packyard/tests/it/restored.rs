//! What a backup must not lose when it is put back in part.

use crate::pack_shell::{as_root, pack_shell};
use crate::{ANY_PORT, refused, yard_builder};
use packyard_testkit::PackBuilder;
use std::fs;

/// The collector would remove blobs that no database knows.
#[test]
fn blobs_without_their_database_refuse_the_start_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut yard = yard_builder().data(&data).start();
    let pack = folder.path().join("hello");
    PackBuilder::new("hello", "1.0.0").write_to(&pack);
    // Beyond what lives in the database itself, and beyond compression.
    let next =
        |state: &u64| Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    let noise = std::iter::successors(Some(1_u64), next).map(|state| (state >> 56) as u8);
    fs::write(pack.join("noise.bin"), noise.take(100_000).collect::<Vec<_>>()).unwrap();
    let shell = as_root(&pack_shell(folder.path(), &[]), &yard);
    shell.ok("packyard publish hello --to $H/team");
    yard.terminate();

    let aside = folder.path().join("packyard.db");
    fs::rename(data.join("packyard.db"), &aside).unwrap();
    for _ in 0..2 {
        let text = refused(&data, &ANY_PORT, &[]);
        assert!(text.contains("holds blobs, but") && text.contains("packyard.db is not there"), "{text}");
        assert!(!data.join("packyard.db").exists(), "nothing stands in the place of what is to be put back");
    }
    // An empty one is not the one that they belong to.
    fs::write(data.join("packyard.db"), "").unwrap();
    let text = refused(&data, &ANY_PORT, &[]);
    assert!(text.contains("holds blobs, but") && text.contains("is not there"), "{text}");
    for left in ["packyard.db", "packyard.db-wal", "packyard.db-shm"] {
        let _ = fs::remove_file(data.join(left));
    }
    fs::rename(&aside, data.join("packyard.db")).unwrap();
    let yard = yard_builder().data(&data).start();
    let shell = as_root(&shell, &yard);
    shell.ok("packyard pack pull $H/team/hello:1.0.0 --out pulled && cmp hello/noise.bin pulled/hello-1.0.0/noise.bin");
}

#[test]
fn a_database_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    fs::write(data.join("packyard.db"), "this is no database, whatever its name says\n".repeat(99)).unwrap();
    let text = refused(&data, &ANY_PORT, &[]);
    assert!(text.contains("packyard.db") && text.contains("not a database"), "{text}");
}
