use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A row with what the order, the sharing and the lists depend on.
#[derive(Debug, Clone)]
struct Write {
    pack: (u8, u8, u8),
    gone: bool,
    description: u8,
}

const VERSIONS: [&str; 5] = ["1.0.0", "v1.0", "1.10.0", "1.9.0", "2.0.0-rc.1"];

fn row(write: &Write, rev: i64) -> SummaryRow {
    let (registry, name, version) = write.pack;
    let summary = Summary {
        display_name: format!("Pack {name}"),
        layer: "addon".into(),
        cloud_types: vec!["aws".into(), "all".into()],
        description: format!("description {}", write.description),
        annotations: BTreeMap::from([("source".into(), "community".into())]),
        layer_digest: format!("sha256:{}", "5b".repeat(32)),
        ..Summary::default()
    };
    SummaryRow {
        uid: format!("{registry:08x}{name:08x}{version:08x}"),
        registry_uid: format!("{registry:024x}"),
        name: format!("name-{name}"),
        version: VERSIONS[usize::from(version)].into(),
        repository: format!("team/spectro-packs/archive/name-{name}"),
        tag: VERSIONS[usize::from(version)].into(),
        digest: format!("sha256:{}", format!("{:02x}", rev % 256).repeat(32)),
        gone: i64::from(write.gone),
        updated: rev,
        rev,
        summary: crate::stored::json(&summary),
        has_readme: 1,
        has_logo: 0,
    }
}

fn with(snapshot: &Snapshot, shared: &mut Shared, rows: &[SummaryRow]) -> Snapshot {
    let mut delta = Delta::default();
    rows.iter().for_each(|row| delta.take(row, shared));
    let fresh = snapshot.with(delta);
    shared.tidy();
    fresh
}

fn writes() -> impl Strategy<Value = Vec<Vec<Write>>> {
    let write = ((0..2u8, 0..4u8, 0..5u8), any::<bool>(), 0..3u8).prop_map(|(pack, gone, description)| Write {
        pack,
        gone,
        description,
    });
    prop::collection::vec(prop::collection::vec(write, 0..6), 0..12)
}

proptest! {
    #[test]
    fn what_is_merged_is_what_would_be_built_anew(batches in writes()) {
        let mut shared = Shared::default();
        let mut merged = Snapshot::default();
        let mut last: HashMap<String, SummaryRow> = HashMap::new();
        let mut rev = 0;
        for batch in batches {
            let rows: Vec<SummaryRow> = batch.iter().map(|write| { rev += 1; row(write, rev) }).collect();
            last.extend(rows.iter().map(|row| (row.uid.clone(), row.clone())));
            merged = with(&merged, &mut shared, &rows);
        }
        let rows: Vec<SummaryRow> = last.into_values().collect();
        let anew = with(&Snapshot::default(), &mut Shared::default(), &rows);
        let list = |snapshot: &Snapshot| snapshot.entries().map(|e| e.row(&HashMap::new())).collect::<Vec<_>>();
        prop_assert_eq!(list(&merged), list(&anew));
        prop_assert_eq!(merged.rev, rows.iter().map(|row| row.rev).max().unwrap_or_default());
        let names: BTreeSet<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        prop_assert_eq!(merged.packs().map(|named| &*named.name).collect::<Vec<_>>(), names.into_iter().collect::<Vec<_>>());
        for row in &rows {
            let found = merged.by_uid(&row.uid).map(|entry| entry.row(&HashMap::new()));
            prop_assert_eq!(found.as_ref().map(|found| (found.uid.as_str(), found.updated_ms, found.is_gone)),
                Some((row.uid.as_str(), row.updated, row.gone != 0)));
            prop_assert!(merged.named(&row.name).iter().any(|entry| entry.uid.text() == row.uid));
        }
        prop_assert!(merged.by_uid("ffffffffffffffffffffffff").is_none() && merged.named("none").is_empty());
    }
}

#[test]
fn versions_stand_newest_first_and_then_by_registry() {
    let all = |registry| (0..5).map(move |version| Write { pack: (registry, 0, version), gone: false, description: 0 });
    let rows: Vec<SummaryRow> = all(1).chain(all(0)).map(|write| row(&write, 1)).collect();
    let snapshot = with(&Snapshot::default(), &mut Shared::default(), &rows);
    let listed: Vec<(String, bool)> =
        snapshot.entries().map(|e| (e.version.to_string(), e.facts.registry_uid.ends_with('1'))).collect();
    let expected = ["2.0.0-rc.1", "1.10.0", "1.9.0", "v1.0", "1.0.0"];
    let expected: Vec<_> = expected.iter().flat_map(|v| [((*v).to_owned(), false), ((*v).to_owned(), true)]).collect();
    assert_eq!(listed, expected);
}

/// What a name, its texts and its index entry come to, without what the allocator adds.
fn bytes(snapshot: &Snapshot, shared: &Shared) -> usize {
    let versions: usize = snapshot.packs().map(|named| size_of_val(&*named.versions) + size_of::<Named>() + 24).sum();
    let index = snapshot.name_of.read().unwrap().capacity() * (size_of::<(Uid, Text)>() + 1);
    versions + index + shared.bytes()
}

#[test]
fn a_version_takes_few_bytes() {
    let mut shared = Shared::default();
    let rows: Vec<SummaryRow> = (0..200u8)
        .flat_map(|name| (0..50u8).map(move |version| (name, version)))
        .map(|(name, version)| {
            let write = Write { pack: (0, name, 0), gone: false, description: 0 };
            let text = format!("1.{version}.0");
            let uid = format!("{:016x}{version:08x}", name);
            SummaryRow { uid, version: text.clone(), tag: text, ..row(&write, i64::from(version)) }
        })
        .collect();
    let snapshot = with(&Snapshot::default(), &mut shared, &rows);
    assert_eq!(snapshot.entries().count(), 10_000);
    let each = bytes(&snapshot, &shared) / 10_000;
    assert!(each < 300, "{each} bytes a version; docs/performance.md promises 100,000 versions in some 30 MB");

    // The same again, as a later sync may bring it: nothing piles up.
    let again = with(&snapshot, &mut shared, &rows);
    drop(snapshot);
    assert!(bytes(&again, &shared) / 10_000 < 300);
    // What nobody has any more is let go.
    let texts = shared.texts_kept();
    for n in 0..100 {
        let write = Write { pack: (1, 0, 0), gone: false, description: 0 };
        let versions = (0..200).map(|at| SummaryRow { tag: format!("{n}-{at}"), ..row(&write, 100 + n) });
        with(&again, &mut shared, &versions.collect::<Vec<_>>());
    }
    assert!(shared.texts_kept() < texts + 10_000, "{} texts after {texts}", shared.texts_kept());
}

#[test]
fn equal_facts_are_one() {
    let versions = (0..5).map(|version| row(&Write { pack: (0, 0, version), gone: false, description: 0 }, 1));
    let snapshot = with(&Snapshot::default(), &mut Shared::default(), &versions.collect::<Vec<_>>());
    let versions = snapshot.named("name-0");
    assert!(versions.windows(2).all(|pair| Arc::ptr_eq(&pair[0].facts, &pair[1].facts)));
}
