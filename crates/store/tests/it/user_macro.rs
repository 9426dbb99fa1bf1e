//! User macros.

use packyard_store::{AuditEntry, Error, MacroRow, MacroWrite, ProjectRow, Store, new_uid};
use packyard_testkit::stores;

fn entry(before: &[String]) -> AuditEntry {
    AuditEntry::new("arn:aws:iam::000000000000:root", "packyard:Test", "x").detail(before.join(","))
}

fn one(name: &str, value: &str) -> MacroRow {
    MacroRow { name: name.to_owned(), value: value.to_owned() }
}

async fn project(store: &Store) -> String {
    let row = ProjectRow {
        uid: new_uid(),
        name: "team".to_owned(),
        description: String::new(),
        labels: "{}".to_owned(),
        is_default: 0,
        created_at: 1,
        updated_at: 1,
    };
    let made = AuditEntry::new("arn:aws:iam::000000000000:root", "packyard:Test", "x");
    store.projects().create(&row, &made).await.unwrap();
    row.uid
}

#[tokio::test]
async fn each_write_is_whole_or_nothing_and_scopes_are_apart() {
    for test in stores().await {
        let macros = test.store.user_macros();
        let home = project(&test.store).await;
        macros.write("", MacroWrite::Add(&[one("a", "1"), one("b", "2")]), entry).await.unwrap();
        macros.write(&home, MacroWrite::Add(&[one("a", "project's")]), entry).await.unwrap();
        let taken = macros.write("", MacroWrite::Add(&[one("c", "3"), one("b", "x"), one("a", "x")]), entry).await;
        assert!(matches!(&taken, Err(Error::AlreadyExists(names)) if names == "b, a"), "{}: {taken:?}", test.engine);
        let absent = macros.write("", MacroWrite::Set(&[one("a", "x"), one("d", "x"), one("e", "x")]), entry).await;
        assert!(matches!(&absent, Err(Error::NotFound(what)) if what == "d, e"), "{}: {absent:?}", test.engine);
        let absent = macros.write("", MacroWrite::Remove(&["a".to_owned(), "d".to_owned()]), entry).await;
        assert!(matches!(absent, Err(Error::NotFound(_))), "{}: {absent:?}", test.engine);
        assert_eq!(macros.all("").await.unwrap(), [one("a", "1"), one("b", "2")], "{}", test.engine);

        macros.write("", MacroWrite::Set(&[one("a", "new")]), entry).await.unwrap();
        macros.write("", MacroWrite::Remove(&["b".to_owned()]), entry).await.unwrap();
        assert_eq!(macros.all("").await.unwrap(), [one("a", "new")]);
        macros.write("", MacroWrite::Replace(&[one("z", "")]), entry).await.unwrap();
        assert_eq!(macros.names("").await.unwrap(), ["z"]);
        assert_eq!(macros.all(&home).await.unwrap(), [one("a", "project's")]);
        let audit = test.store.journal().audit_page(i64::MAX, 1).await.unwrap();
        assert_eq!(audit[0].detail, "a", "{}: the entry knows what was there before", test.engine);
    }
}

#[tokio::test]
async fn a_project_takes_its_macros_along_and_none_is_made_in_one_that_is_gone() {
    for test in stores().await {
        let macros = test.store.user_macros();
        let home = project(&test.store).await;
        macros.write(&home, MacroWrite::Add(&[one("a", "1")]), entry).await.unwrap();
        test.store.projects().delete(&home, false, &entry(&[])).await.unwrap();
        assert!(macros.all(&home).await.unwrap().is_empty(), "{}", test.engine);
        let orphan = macros.write(&home, MacroWrite::Add(&[one("a", "1")]), entry).await;
        assert!(matches!(orphan, Err(Error::NoProject(_))), "{}: {orphan:?}", test.engine);
    }
}

/// Two writers who add the same name: one is told, on both engines.
#[tokio::test]
async fn of_two_who_add_a_name_at_once_one_is_refused() {
    for test in stores().await {
        let add = || async {
            let macros = test.store.user_macros();
            macros.write("", MacroWrite::Add(&[one("same", "1")]), entry).await
        };
        let (a, b) = tokio::join!(add(), add());
        let refused = [&a, &b].into_iter().filter(|outcome| matches!(outcome, Err(Error::AlreadyExists(_)))).count();
        assert_eq!((a.is_ok() || b.is_ok(), refused), (true, 1), "{}: {a:?} {b:?}", test.engine);
    }
}

/// A copy of the database alone gives no value away.
#[tokio::test]
async fn values_rest_sealed_to_their_place() {
    for test in stores().await {
        let macros = test.store.user_macros();
        macros.write("", MacroWrite::Add(&[one("a", "plain-text"), one("b", "other")]), entry).await.unwrap();
        let stolen: Vec<u8> = packyard_store::on!(test.store.core.db, p => {
            sqlx::query_scalar("SELECT value FROM user_macro WHERE name = 'a'").fetch_one(p).await.unwrap()
        });
        assert!(!stolen.windows(10).any(|part| part == b"plain-text"), "{}", test.engine);
        put_in_place_of_b(&test.store, &stolen).await.unwrap();
        assert!(macros.all("").await.is_err(), "{}: a value that was moved does not open", test.engine);
    }
}

async fn put_in_place_of_b(store: &Store, sealed: &[u8]) -> Result<(), Error> {
    packyard_store::unit!(store.core.db, Error, |tx| {
        sqlx::query("UPDATE user_macro SET value = $1 WHERE name = 'b'").bind(sealed).execute(&mut *tx).await?;
        Ok(())
    })
}
