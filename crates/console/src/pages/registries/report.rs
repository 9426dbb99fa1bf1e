//! What Validate found, as the drawer shows it: hop by hop, then what to do.

use crate::pages::commands;
use crate::words::{counted, grouped};
use packyard_catalog::{Holds, Hop, HopResult, HopState, NearMiss, RegistryKind, RegistrySpec, ValidateReport};

pub(super) struct ReportView {
    pub(super) kind: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) hops: Vec<HopView>,
    pub(super) missing: String,
    pub(super) statement: Option<String>,
    pub(super) near_misses: Vec<NearMiss>,
    pub(super) has_packs: bool,
    pub(super) commands: Vec<String>,
}

pub(super) struct HopView {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) icon: &'static str,
    pub(super) label: &'static str,
    pub(super) word: &'static str,
    pub(super) detail: String,
}

pub(super) fn view(report: ValidateReport, spec: &RegistrySpec) -> ReportView {
    let searched = report.searched.join("`, `");
    let (kind, icon, title, text) = match report.failed() {
        Some(failed) => {
            let advice = failed.advice.clone().unwrap_or_else(|| what_to_do(failed.hop, spec.kind).to_owned());
            ("bad", "cross-circle", format!("Validation stopped at {}", failed.hop), advice)
        }
        None if report.packs_found == 0 => (
            "warn",
            "alert",
            format!("Reachable, no {} yet", spec.holds().word()),
            format!(
                "There are no {0} under `{searched}` yet. You can confirm now; {0} appear once they are published there.",
                spec.holds().word()
            ),
        ),
        None if !report.empty_paths.is_empty() => (
            "warn",
            "alert",
            "Reachable, but not all paths hold something".to_owned(),
            format!(
                "{} found. Nothing is under `{}`: check how it is written, or confirm and publish there later.",
                counted(i64::from(report.packs_found), "tag"),
                report.empty_paths.join("`, `")
            ),
        ),
        None if spec.kind == RegistryKind::Helm => (
            "good",
            "check-circle",
            "Everything works".to_owned(),
            format!(
                "{} of {} at `{searched}`.",
                counted(i64::from(report.packs_found), "version"),
                counted(i64::from(report.repositories_found), "chart")
            ),
        ),
        None => (
            "good",
            "check-circle",
            "Everything works".to_owned(),
            format!(
                "{} in {} under `{searched}`.",
                counted(
                    i64::from(report.packs_found),
                    if spec.holds() == Holds::Packs { "pack version" } else { "tag" }
                ),
                if report.repositories_found == 1 {
                    "1 repository".to_owned()
                } else {
                    format!("{} repositories", grouped(report.repositories_found.into()))
                }
            ),
        ),
    };
    let is_empty = report.is_ok() && report.packs_found == 0;
    let first_path = super::row::paths(&spec.base_content_path).into_iter().next().unwrap_or_default();
    ReportView {
        kind,
        icon,
        title,
        text,
        hops: report.hops.iter().map(hop_view).collect(),
        has_packs: report.packs_found > 0,
        missing: missing(&report, spec.kind),
        commands: if is_empty && spec.holds() == Holds::Packs {
            commands::publish(&spec.endpoint, &first_path)
        } else {
            Vec::new()
        },
        statement: report.statement,
        near_misses: report.near_misses,
    }
}

/// Where the failure itself says nothing about what to do.
fn what_to_do(hop: Hop, kind: RegistryKind) -> &'static str {
    match (hop, kind) {
        (Hop::Endpoint, _) => "Check how the endpoint is written.",
        (Hop::Proxy, _) => "Check the proxy's address, and its user name and password.",
        (Hop::Dns, _) => "Check the spelling of the host, and that this server's resolver knows it.",
        (Hop::Tcp, _) => "Check the port, and that a firewall lets this server through.",
        (Hop::Tls, _) => "Upload the certificate of the authority that signed the registry's, or check the port.",
        (Hop::Registry, _) => "Something answers there, but not as a registry. Check host and port.",
        (Hop::Credentials, RegistryKind::Ecr) => "Check the access key and the secret access key.",
        (Hop::Credentials, _) => "Check user name and password.",
        (Hop::Permission, _) => "The credentials are right, but may not do what reading packs needs.",
        (Hop::Path, RegistryKind::Helm) => "Check the address; it is the folder of index.yaml.",
        (Hop::Path, _) => "Check the base content path.",
    }
}

fn missing(report: &ValidateReport, kind: RegistryKind) -> String {
    match (report.missing_actions.as_slice(), kind) {
        ([], _) => String::new(),
        (actions, RegistryKind::Ecr) => {
            format!("Missing: {}. Attach this policy to the user or role.", actions.join(", "))
        }
        (actions, _) => format!("Missing: {}.", actions.join(", ")),
    }
}

pub(super) fn hop_view(result: &HopResult) -> HopView {
    let (kind, icon, word) = match result.state {
        HopState::Ok => ("good", "check-circle", "passed"),
        HopState::Warning => ("warn", "alert", "passed with a remark"),
        HopState::Failed => ("bad", "cross-circle", "failed"),
        HopState::Skipped => ("idle", "dash", "not tried"),
    };
    HopView { id: hop_id(result.hop), kind, icon, label: result.hop.label(), word, detail: result.detail.clone() }
}

/// A hop that nothing is known about yet: the one that is tried now, or one after it.
pub(super) fn hop_ahead(hop: Hop, is_tried: bool) -> HopView {
    let (kind, icon, word) = if is_tried { ("run", "spinner", "being tried") } else { ("idle", "dash", "waiting") };
    let detail = match hop {
        // One request walks from here to the registry's answer.
        Hop::Proxy if is_tried => "Connecting by the proxy.",
        Hop::Dns if is_tried => "Looking up the name, connecting, waiting for an answer.",
        Hop::Credentials if is_tried => "Logging in.",
        Hop::Permission if is_tried => "Listing repositories and tags.",
        _ => "",
    };
    HopView { id: hop_id(hop), kind, icon, label: hop.label(), word, detail: detail.to_owned() }
}

fn hop_id(hop: Hop) -> String {
    format!("hop-{}", hop.label().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::Auth;

    fn report(state: HopState, packs: u32) -> ValidateReport {
        ValidateReport {
            hops: vec![HopResult { hop: Hop::Dns, state, detail: "Seen.".to_owned(), advice: None, field: None }],
            searched: vec!["team/spectro-packs/archive".to_owned()],
            packs_found: packs,
            repositories_found: 1,
            ..ValidateReport::default()
        }
    }

    #[test]
    fn an_empty_path_is_no_failure_and_shows_how_to_publish() {
        let spec = RegistrySpec::basic("https://harbor.example.com", "team", Auth::Anonymous);
        let empty = view(report(HopState::Ok, 0), &spec);
        assert_eq!((empty.kind, empty.title.as_str()), ("warn", "Reachable, no packs yet"));
        assert!(empty.commands[0].contains("--to harbor.example.com/team"));
        let full = view(report(HopState::Ok, 3), &spec);
        assert_eq!(full.text, "3 pack versions in 1 repository under `team/spectro-packs/archive`.");
        assert!(full.commands.is_empty());
        let bare = vec!["tea/spectro-packs/archive/".to_owned()];
        let one_of_two = view(ValidateReport { empty_paths: bare, ..report(HopState::Warning, 3) }, &spec);
        assert_eq!(one_of_two.kind, "warn");
        assert!(one_of_two.text.contains("Nothing is under `tea/spectro-packs/archive/`"), "{}", one_of_two.text);
        let failed = view(report(HopState::Failed, 0), &spec);
        assert_eq!((failed.kind, failed.title.as_str()), ("bad", "Validation stopped at DNS"));
        assert!(failed.commands.is_empty());
    }
}
