//! What Validate found, as the drawer shows it: hop by hop, then what to do.

use crate::pages::commands;
use crate::words::counted;
use packyard_catalog::{Hop, HopState, NearMiss, RegistryKind, RegistrySpec, ValidateReport};

pub(super) struct ReportView {
    pub(super) kind: &'static str,
    pub(super) icon: &'static str,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) hops: Vec<HopView>,
    pub(super) missing: String,
    pub(super) statement: Option<String>,
    pub(super) near_misses: Vec<NearMiss>,
    pub(super) commands: Vec<String>,
}

pub(super) struct HopView {
    pub(super) kind: &'static str,
    pub(super) icon: &'static str,
    pub(super) label: &'static str,
    pub(super) word: &'static str,
    pub(super) detail: String,
}

pub(super) fn view(report: ValidateReport, spec: &RegistrySpec) -> ReportView {
    let searched = report.searched.join(", ");
    let (kind, icon, title, text) = match report.failed() {
        Some(failed) => {
            ("bad", "cross-circle", format!("Validation stopped at {}", failed.hop), what_to_do(failed.hop))
        }
        None if report.packs_found == 0 => (
            "warn",
            "alert",
            "Reachable, no packs yet".to_owned(),
            format!(
                "There are no packs under {searched} yet. You can confirm now; packs appear once they are published there."
            ),
        ),
        None => (
            "good",
            "check-circle",
            "Everything works".to_owned(),
            format!(
                "{} in {} under {searched}.",
                counted(i64::from(report.packs_found), "pack version"),
                if report.repositories_found == 1 {
                    "1 repository".to_owned()
                } else {
                    format!("{} repositories", report.repositories_found)
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
        hops: report.hops.iter().map(|hop| hop_view(hop.hop, hop.state, &hop.detail)).collect(),
        missing: missing(&report, spec.kind),
        commands: if is_empty { commands::publish(&spec.endpoint, &first_path) } else { Vec::new() },
        statement: report.statement,
        near_misses: report.near_misses,
    }
}

fn what_to_do(hop: Hop) -> String {
    match hop {
        Hop::Endpoint => "Check how the endpoint is written.",
        Hop::Dns => "Check the spelling of the host, and that this server's resolver knows it.",
        Hop::Tcp => "Check the port, and that a firewall lets this server through.",
        Hop::Tls => "Upload the certificate of the authority that signed the registry's, or check the port.",
        Hop::Registry => "Something answers there, but not as a registry. Check host and port.",
        Hop::Credentials => "Check the credentials; they may have been rotated or disabled.",
        Hop::Permission => "The credentials are right, but may not do what reading packs needs.",
        Hop::Path => "Check the base content path.",
    }
    .to_owned()
}

fn missing(report: &ValidateReport, kind: RegistryKind) -> String {
    match (report.missing_actions.as_slice(), kind) {
        ([], _) => String::new(),
        (actions, RegistryKind::Ecr) => {
            format!("Missing: {}. Attach this policy to the user or role.", actions.join(", "))
        }
        (actions, RegistryKind::Basic) => format!("Missing: {}.", actions.join(", ")),
    }
}

fn hop_view(hop: Hop, state: HopState, detail: &str) -> HopView {
    let (kind, icon, word) = match state {
        HopState::Ok => ("good", "check-circle", "passed"),
        HopState::Warning => ("warn", "alert", "passed with a remark"),
        HopState::Failed => ("bad", "cross-circle", "failed"),
        HopState::Skipped => ("idle", "dash", "not tried"),
    };
    HopView { kind, icon, label: hop.label(), word, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use packyard_catalog::{Auth, HopResult};

    fn report(state: HopState, packs: u32) -> ValidateReport {
        ValidateReport {
            hops: vec![HopResult { hop: Hop::Dns, state, detail: "seen".to_owned() }],
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
        assert_eq!(full.text, "3 pack versions in 1 repository under team/spectro-packs/archive.");
        assert!(full.commands.is_empty());
        let failed = view(report(HopState::Failed, 0), &spec);
        assert_eq!((failed.kind, failed.title.as_str()), ("bad", "Validation stopped at DNS"));
        assert!(failed.commands.is_empty());
    }
}
