//! Settings: which one wins, and that a wrong one is refused by name before anything is made.

use crate::{ANY_PORT, refused, yard_builder};
use packyard_testkit::YardBuilder;
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("packyard.toml");
    std::fs::write(&file, "public-url = \"http://file.example\"\nadmin-email = \"file@example.com\"\n").unwrap();
    let with_file = || yard_builder().arg("--config").arg(file.to_str().unwrap());
    let with_variable = |builder: YardBuilder| builder.env("PACKYARD_PUBLIC_URL", "http://variable.example");
    let with_flag = |builder: YardBuilder| builder.arg("--public-url=http://flag.example");
    for (builder, url) in [
        (yard_builder(), "http://localhost:"),
        (with_file(), "http://file.example,"),
        (with_variable(with_file()), "http://variable.example,"),
        (with_flag(with_variable(with_file())), "http://flag.example,"),
        (with_flag(with_file()), "http://flag.example,"),
        (with_flag(with_variable(yard_builder())), "http://flag.example,"),
    ] {
        let log = builder.start().log();
        assert!(log.contains(&format!("is ready: {url}")), "{url}:\n{log}");
    }
}

#[test]
fn times_take_units_in_every_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("packyard.toml");
    std::fs::write(&file, "recheck-tags = \"7d\"\ndrain-wait = 5\n").unwrap();
    let builder = yard_builder().arg("--config").arg(file.to_str().unwrap()).arg("--sync-interval=6h");
    drop(builder.env("PACKYARD_FIRST_SYNC_WAIT", "90s").start());
    let data = folder.path().join("data");
    for flag in ["--sync-interval=soon", "--drain-wait=1.5h"] {
        let text = refused(&data, &[flag], &[]);
        assert!(text.contains("a time such as 90s, 15m, 6h or 1d"), "{flag}: {text}");
    }
    std::fs::write(&file, "sync-interval = \"soon\"\n").unwrap();
    let text = refused(&data, &["--config", file.to_str().unwrap()], &[]);
    assert!(text.contains("line 1") && text.contains("a time such as"), "{text}");
}

#[test]
fn a_variable_that_is_no_setting_is_told() {
    let log = yard_builder().env("PACKYARD_LISTENN", "127.0.0.1:1").start().log();
    assert!(log.contains("no setting has this variable") && log.contains("PACKYARD_LISTENN"), "{log}");
}

#[test]
fn packyard_toml_of_the_current_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("packyard.toml"), "listen = \"nowhere\"\n").unwrap();
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_packyard"))
        .arg("serve")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("packyard.toml is wrong") && text.contains("127.0.0.1:7225"), "{text}");
    assert!(!folder.path().join("packyard-data").exists());
}

/// Flags, variables, and the words of the refusal.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], &'a [&'a str]);

/// Each with its reason, and without a folder left behind.
#[test]
fn wrong_settings_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    // Nobody who asks for any port is given this one.
    let closed = std::net::SocketAddr::from(([127, 0, 0, 1], 1));
    let nobody = format!("postgres://packyard:hidden@{closed}/packs");
    let closed = closed.to_string();
    let cases: &[Case<'_>] = &[
        (&["--listen", "0.0.0.0:0"], &[], &["--public-url"]),
        (&["--listen", "7225"], &[], &["127.0.0.1:7225"]),
        (&["--listen", &taken], &[], &["could not listen on", &taken, "another program is there"]),
        (&["--public-url", "packs.example.com"], &[], &["--public-url", "https://HOST"]),
        (&["--public-url", "https://packs.example.com/base?x=1"], &[], &["--public-url", "nothing after it"]),
        (&["--region", "Frankfurt"], &[], &["--region", "us-east-1"]),
        (&["--account-id", "12"], &[], &["12 digits"]),
        (&["--allowed-hosts", "foo/bar"], &[], &["--allowed-hosts", "`foo/bar`"]),
        (
            &["--trusted-proxies", "10.0.0.5,proxy.example"],
            &[],
            &["--trusted-proxies", "`proxy.example`", "10.0.0.0/24"],
        ),
        (&[], &[("PACKYARD_TRUSTED_PROXIES", "0.0.0.0/0")], &["--trusted-proxies", "everybody"]),
        (&["--database-url", "mysql://db/x"], &[], &["--database-url", "postgres://"]),
        (&["--database-url", &nobody], &[], &["PostgreSQL", &closed, "refused"]),
        (&["--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"], &[], &["/nowhere.pem"]),
        (&[], &[("PACKYARD_ADMIN_PASSWORD", "")], &["PACKYARD_ADMIN_PASSWORD", "minimum length of 8"]),
        (&[], &[("PACKYARD_ADMIN_PASSWORD", "x")], &["PACKYARD_ADMIN_PASSWORD", "minimum length of 8"]),
        (&[], &[("PACKYARD_SECRET_KEY", "x")], &["PACKYARD_SECRET_KEY", "64 hex digits"]),
        (&[], &[("PACKYARD_ADMIN_EMAIL", "nobody")], &["has no @"]),
    ];
    for (args, envs, words) in cases {
        let listen: &[&str] = if args.contains(&"--listen") { &[] } else { &ANY_PORT };
        let text = refused(&data, &[listen, args].concat(), envs);
        for word in *words {
            assert!(text.contains(word), "{args:?} {envs:?}: no {word} in:\n{text}");
        }
        assert!(!text.contains("hidden"), "{text}");
        assert!(!data.exists(), "{args:?} {envs:?} left a folder");
    }
}

#[test]
fn another_account_id_for_an_existing_folder_is_refused_with_the_stored_one() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    yard_builder().data(&data).arg("--account-id=123456789012").start().terminate();
    let text = refused(&data, &ANY_PORT, &[]);
    assert!(text.contains("000000000000") && text.contains("--account-id 123456789012"), "{text}");
    yard_builder().data(&data).arg("--account-id=123456789012").start();
}

#[test]
fn names_and_boolean_words_are_understood() {
    let yard = yard_builder().listen("localhost:0").env("PACKYARD_TLS_SELF_SIGNED", "1").start();
    assert!(yard.log().contains(&format!("and https://localhost:{}", yard.port)), "{}", yard.log());
    let yard = yard_builder().env("PACKYARD_TLS_SELF_SIGNED", "0").start();
    assert!(!yard.log().contains("https://"), "{}", yard.log());
}

#[test]
fn an_allowed_host_may_have_a_port() {
    let yard = yard_builder().arg("--allowed-hosts=Packs.example.com:8443,other.example").start();
    for (host, status) in [("packs.example.com", 200), ("other.example:1", 200), ("evil.example", 421)] {
        let reply = crate::http::Client::of(&yard).with_host(host).send("GET", "/login", "", b"").unwrap();
        assert_eq!(reply.status, status, "{host}");
    }
}

#[test]
fn an_existing_folder_becomes_private_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let yard = yard_builder().data(&data).start();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&yard.data), 0o700);
    for name in ["packyard.db", "packyard.db-wal", "packyard.db-shm", "lock", "secret.key"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
}
