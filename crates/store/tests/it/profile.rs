//! Cluster profiles and projects.

use packyard_store::{AtRevision, AuditEntry, Error, PackUse, ProfileRow, ProjectRow, Store, new_uid};
use packyard_testkit::stores;

pub(crate) fn entry() -> AuditEntry {
    AuditEntry::new("arn:aws:iam::000000000000:root", "packyard:Test", "x")
}

pub(crate) fn profile(name: &str, version: &str, project_uid: &str) -> ProfileRow {
    ProfileRow {
        uid: new_uid(),
        scope: if project_uid.is_empty() { "tenant" } else { "project" }.to_owned(),
        project_uid: project_uid.to_owned(),
        name: name.to_owned(),
        version: version.to_owned(),
        kind: "add-on".to_owned(),
        cloud: "all".to_owned(),
        description: String::new(),
        labels: "{}".to_owned(),
        annotations: "{}".to_owned(),
        variables: "[]".to_owned(),
        secrets: packyard_store::ProfileSecrets::default(),
        draft: Some("{\"packs\":[]}".to_owned()),
        published: None,
        revision: 1,
        created_at: 1,
        updated_at: 1,
    }
}

fn project(name: &str) -> ProjectRow {
    ProjectRow {
        uid: new_uid(),
        name: name.to_owned(),
        description: String::new(),
        labels: "{}".to_owned(),
        is_default: 0,
        created_at: 1,
        updated_at: 1,
    }
}

fn uses(pack: &str, registry: &str) -> PackUse {
    PackUse { pack_uid: pack.to_owned(), registry_uid: registry.to_owned(), pack_name: "p".to_owned() }
}

async fn audits(store: &Store) -> usize {
    store.journal().audit_page(i64::MAX, 100).await.unwrap().len()
}

#[tokio::test]
async fn a_name_and_version_is_taken_once_per_scope() {
    for test in stores().await {
        let profiles = test.store.profiles();
        let home = project("home");
        test.store.projects().create(&home, &entry()).await.unwrap();
        profiles.create(&profile("web", "1.0.0", ""), &[], &entry()).await.unwrap();
        profiles.create(&profile("web", "1.0.1", ""), &[], &entry()).await.unwrap();
        profiles.create(&profile("web", "1.0.0", &home.uid), &[], &entry()).await.unwrap();
        let before = audits(&test.store).await;
        let again = profiles.create(&profile("web", "1.0.0", ""), &[], &entry()).await.unwrap_err();
        assert!(matches!(again, Error::AlreadyExists(_)), "{}: {again}", test.engine);
        let orphan = profiles.create(&profile("x", "1.0.0", &new_uid()), &[], &entry()).await.unwrap_err();
        assert!(matches!(orphan, Error::NoProject(_)), "{}: {orphan}", test.engine);
        assert_eq!(audits(&test.store).await, before, "{}: what was not done is not in the audit", test.engine);
        let mut versions = profiles.versions("tenant", "", "web").await.unwrap();
        versions.sort_by(|a, b| a.1.cmp(&b.1));
        assert_eq!(versions.iter().map(|(_, version)| version.as_str()).collect::<Vec<_>>(), ["1.0.0", "1.0.1"]);
    }
}

#[tokio::test]
async fn a_change_counts_only_on_the_revision_it_was_made_for() {
    for test in stores().await {
        let profiles = test.store.profiles();
        let mut row = profile("web", "1.0.0", "");
        profiles.create(&row, &[uses("a", "r1"), uses("b", "r1")], &entry()).await.unwrap();
        profiles.create(&profile("taken", "1.0.0", ""), &[], &entry()).await.unwrap();
        row.published = row.draft.take();
        profiles.replace(&row, &[uses("b", "r2")], &entry()).await.unwrap();
        let stale = profiles.replace(&row, &[], &entry()).await.unwrap_err();
        assert!(matches!(stale, Error::Conflict(_)), "{}: {stale}", test.engine);
        let now = profiles.by_uid(&row.uid).await.unwrap().unwrap();
        assert_eq!((now.revision, now.draft.is_none(), now.published.is_some()), (2, true, true), "{}", test.engine);
        assert_eq!(profiles.uids_using_pack("a").await.unwrap(), Vec::<String>::new());
        assert_eq!(profiles.uids_using_pack("b").await.unwrap(), [row.uid.as_str()]);
        assert_eq!(profiles.uids_using_registry("r1").await.unwrap(), Vec::<String>::new());
        let heads = profiles.heads().await.unwrap();
        let web = heads.iter().find(|head| head.name == "web").unwrap();
        assert_eq!((web.is_published, web.has_draft, web.packs), (1, 0, 1), "{}", test.engine);

        let mut renamed = now.clone();
        renamed.name = "taken".to_owned();
        let clash = profiles.replace(&renamed, &[], &entry()).await.unwrap_err();
        assert!(matches!(clash, Error::AlreadyExists(_)), "{}: {clash}", test.engine);
        let of = |revision| AtRevision { uid: &row.uid, revision };
        let stale = profiles.delete(of(1), &entry()).await.unwrap_err();
        assert!(matches!(stale, Error::Conflict(_)), "{}: {stale}", test.engine);
        profiles.delete(of(2), &entry()).await.unwrap();
        assert!(matches!(profiles.delete(of(2), &entry()).await, Err(Error::NotFound(_))));
        assert!(matches!(profiles.replace(&now, &[], &entry()).await, Err(Error::NotFound(_))));
        assert_eq!(profiles.uids_using_pack("b").await.unwrap(), Vec::<String>::new(), "{}", test.engine);
    }
}

#[tokio::test]
async fn many_changes_at_once_leave_one_winner_per_revision() {
    for test in stores().await {
        let profiles = test.store.profiles();
        let row = profile("web", "1.0.0", "");
        profiles.create(&row, &[], &entry()).await.unwrap();
        let tasks: Vec<_> = (0..8)
            .map(|n| {
                let (profiles, mut row) = (profiles.clone(), row.clone());
                row.description = format!("change {n}");
                tokio::spawn(async move { profiles.replace(&row, &[], &entry()).await.is_ok() })
            })
            .collect();
        let mut won = 0;
        for task in tasks {
            won += usize::from(task.await.unwrap());
        }
        assert_eq!(won, 1, "{}", test.engine);
    }
}

#[tokio::test]
async fn there_is_one_default_project_and_a_project_goes_with_its_profiles_or_not_at_all() {
    for test in stores().await {
        let projects = test.store.projects();
        for _ in 0..2 {
            projects.ensure_default(&project("Default")).await.unwrap();
        }
        assert_eq!(projects.all().await.unwrap().iter().filter(|p| p.is_default == 1).count(), 1, "{}", test.engine);
        let home = project("home");
        projects.create(&home, &entry()).await.unwrap();
        assert!(matches!(projects.create(&project("home"), &entry()).await, Err(Error::AlreadyExists(_))));
        let inside = profile("web", "1.0.0", &home.uid);
        test.store.profiles().create(&inside, &[], &entry()).await.unwrap();
        assert!(
            matches!(projects.delete(&home.uid, false, &entry()).await, Err(Error::Conflict(_))),
            "{}",
            test.engine
        );
        assert!(projects.by_uid(&home.uid).await.unwrap().is_some(), "{}: it stays whole", test.engine);
        projects.delete(&home.uid, true, &entry()).await.unwrap();
        assert!(projects.by_uid(&home.uid).await.unwrap().is_none());
        assert!(test.store.profiles().by_uid(&inside.uid).await.unwrap().is_none(), "{}", test.engine);
        assert!(matches!(projects.delete(&home.uid, true, &entry()).await, Err(Error::NotFound(_))));
    }
}

#[tokio::test]
async fn every_saved_state_is_kept_once_and_only_the_newest_some() {
    for test in stores().await {
        let profiles = test.store.profiles().keeping(3);
        let mut row = profile("web", "1.0.0", "");
        profiles.create(&row, &[], &entry()).await.unwrap();
        for n in 0..4 {
            row.description = format!("change {n}");
            profiles.replace(&row, &[], &entry()).await.unwrap();
            row.revision += 1;
        }
        // Saved again as it is: no new state.
        profiles.replace(&row, &[], &entry()).await.unwrap();
        row.revision += 1;
        let states = profiles.states(&row.uid, i64::MAX, 10).await.unwrap();
        let said: Vec<_> = states.iter().map(|state| state.description.as_str()).collect();
        assert_eq!(said, ["change 3", "change 2", "change 1"], "{}", test.engine);
        assert!(states.windows(2).all(|pair| pair[0].id > pair[1].id));
        assert_eq!((states[0].is_published, states[0].template.as_str()), (0, "{\"packs\":[]}"), "{}", test.engine);
        assert_eq!(profiles.states(&row.uid, states[1].id, 1).await.unwrap(), [states[1].clone()]);

        row.published = row.draft.take();
        profiles.replace(&row, &[], &entry()).await.unwrap();
        let newest = profiles.states(&row.uid, i64::MAX, 1).await.unwrap();
        assert_eq!((newest[0].is_published, newest[0].action.as_str()), (1, "packyard:Test"), "{}", test.engine);
        let at = AtRevision { uid: &row.uid, revision: row.revision + 1 };
        profiles.delete(at, &entry()).await.unwrap();
        assert_eq!(profiles.states(&row.uid, i64::MAX, 10).await.unwrap(), [], "{}", test.engine);
    }
}

#[tokio::test]
async fn a_version_is_made_only_of_what_was_read() {
    for test in stores().await {
        let profiles = test.store.profiles();
        let row = profile("web", "1.0.0", "");
        profiles.create(&row, &[], &entry()).await.unwrap();
        let source = |revision| Some(AtRevision { uid: &row.uid, revision });
        let next = profile("web", "1.1.0", "");
        profiles.create_from(source(1), &next, &[], &entry()).await.unwrap();
        let again = profiles.create_from(source(1), &profile("web", "1.1.0", ""), &[], &entry()).await.unwrap_err();
        assert!(matches!(again, Error::AlreadyExists(_)), "{}: {again}", test.engine);
        let stale = profiles.create_from(source(7), &profile("web", "1.2.0", ""), &[], &entry()).await.unwrap_err();
        assert!(matches!(stale, Error::Conflict(_)), "{}: {stale}", test.engine);
        profiles.delete(AtRevision { uid: &row.uid, revision: 1 }, &entry()).await.unwrap();
        let gone = profiles.create_from(source(1), &profile("web", "1.2.0", ""), &[], &entry()).await.unwrap_err();
        assert!(matches!(gone, Error::NotFound(_)), "{}: {gone}", test.engine);
        let versions = profiles.versions("tenant", "", "web").await.unwrap();
        assert_eq!(versions, [(next.uid.clone(), "1.1.0".to_owned())], "{}", test.engine);
    }
}
