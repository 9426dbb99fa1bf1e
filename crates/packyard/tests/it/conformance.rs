//! The OCI conformance program (distribution-spec 1.1, all defaults) against the real binary.

use crate::yard;
use packyard_testkit::peer_or_skip;
use std::process::Command;

#[test]
fn the_oci_conformance_program_finds_no_failure_and_no_error() {
    let Some(program) = peer_or_skip("conformance", "the OCI conformance program") else { return };
    let yard = yard();
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new(&program.path)
        .current_dir(folder.path())
        .env("OCI_REGISTRY", yard.host())
        .env("OCI_TLS", "disabled")
        .env("OCI_REPO1", "conformance/one")
        .env("OCI_REPO2", "conformance/two")
        .env("OCI_USERNAME", &yard.admin_email)
        .env("OCI_PASSWORD", &yard.admin_password)
        .env("OCI_VERSION", "1.1")
        .env("OCI_RESULTS_DIR", folder.path().join("results"))
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success(), "{text}\n{}", String::from_utf8_lossy(&out.stderr));
    // `Name......:   Outcome`: what is off by default in the program is Disabled, all else passes.
    let outcomes: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.rsplit_once(':'))
        .map(|(name, outcome)| (name.trim().trim_end_matches('.'), outcome.trim()))
        .filter(|(_, outcome)| matches!(*outcome, "Pass" | "FAIL" | "Fail" | "Error" | "Skip" | "Disabled"))
        .collect();
    let passed = outcomes.iter().filter(|(_, outcome)| *outcome == "Pass").count();
    let others: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome != "Pass").collect();
    packyard_testkit::note(&format!("conformance: {passed} groups pass; not run: {others:?}"));
    assert!(passed >= 40, "{text}");
    assert!(others.iter().all(|(_, outcome)| *outcome == "Disabled"), "{others:?}");
}
