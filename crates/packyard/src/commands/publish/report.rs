//! What came of it all, for people and for programs.

use super::outcome::{Outcome, PackReport};
use super::plan::Plan;
use crate::terminal::{counted, line, word};
use packyard_oci::RepoName;
use packyard_oci::client::without_userinfo;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

/// A longer command line is not typed out again.
const LONGEST_COMMAND: usize = 400;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    registry: String,
    dry_run: bool,
    /// The reason for which tags may be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    forced: Option<String>,
    pub(super) packs: Vec<PackReport>,
    /// Packs that are not in the registry.
    left: Vec<String>,
    /// The command that goes on with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// Of a dry run: why the registry could not be asked, so that it is taken for one that has nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_asked: Option<String>,
    /// Why nothing could be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

impl Report {
    pub(super) fn new(plan: &Plan, packs: Vec<PackReport>) -> Self {
        let is_left = |pack: &&PackReport| !pack.outcome.is_good();
        let left: Vec<String> = packs.iter().filter(is_left).map(|pack| pack.folder.clone()).collect();
        Self {
            registry: plan.endpoint.origin(),
            dry_run: plan.dry_run,
            forced: plan.force.clone(),
            next: (!left.is_empty() && !plan.dry_run).then(command),
            left,
            packs,
            not_asked: None,
            error: None,
        }
    }

    pub(super) fn all_good(&self) -> bool {
        self.packs.iter().all(|pack| pack.outcome.is_good())
    }

    /// Says of each repository that was made with which pack it was: the first that needed it, in the order of the packs,
    /// whichever made it.
    pub(super) fn tell_created(&mut self, plan: &Plan, mut created: BTreeSet<RepoName>) {
        let needed = |pack: &&mut PackReport| {
            matches!(pack.outcome, Outcome::Published | Outcome::Failed | Outcome::Interrupted)
        };
        for pack in self.packs.iter_mut().filter(needed) {
            let own = pack.name.as_ref().and_then(|name| format!("{}/{name}", plan.archive_repository).parse().ok());
            let made = [Some(plan.archive_repository.clone()), own].into_iter().flatten();
            pack.repositories_created.extend(made.filter(|name| created.remove(name)).map(|name| name.to_string()));
        }
    }
}

/// What was typed, to be typed again, but for passwords.
fn command() -> String {
    let words: Vec<String> = crate::words::typed().iter().map(|argument| word(&shown(argument))).collect();
    let line = format!("packyard {}", words.join(" "));
    if line.len() > LONGEST_COMMAND { "packyard publish, as before".to_owned() } else { line }
}

/// An argument without the password of an address in it; `team=ops@example.com` has none.
fn shown(argument: &str) -> Cow<'_, str> {
    let may_be_login = |before: &str| before.contains(':') && !before.contains(char::is_whitespace);
    match argument.rsplit_once('@') {
        Some((before, _)) if may_be_login(before) => without_userinfo(argument),
        _ => Cow::Borrowed(argument),
    }
}

/// An error with its causes, each said once.
pub(super) fn said(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            text = if text.is_empty() { cause } else { format!("{text}: {cause}") };
        }
    }
    text
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pack in &self.packs {
            writeln!(f, "{pack}")?;
        }
        let mut parts = Vec::new();
        for outcome in Outcome::ALL {
            let count = self.packs.iter().filter(|pack| pack.outcome == outcome).count();
            if count > 0 {
                parts.push(format!("{count} {}", outcome.name()));
            }
        }
        let warnings: usize = self.packs.iter().map(|pack| pack.warnings).sum();
        parts.push(counted(warnings, "warning"));
        write!(f, "{}", parts.join(", "))?;
        let replaces =
            |pack: &PackReport| pack.outcome == Outcome::Replaced || pack.would_be == Some(Outcome::Replaced);
        if let Some(reason) = self.forced.as_ref().filter(|_| self.packs.iter().any(replaces)) {
            write!(f, "\nforced: {}", line(reason))?;
        }
        if let Some(why) = &self.not_asked {
            write!(f, "\nthe registry was not asked, so these are the requests for one that has nothing: {why}")?;
        }
        if let Some(next) = &self.next {
            let refused = self.packs.iter().any(|pack| pack.outcome == Outcome::Refused);
            let first = if refused { "mend what is refused, then " } else { "" };
            let left = counted(self.left.len(), "pack");
            write!(f, "\n{left} left: {first}run this again, which skips what is there: {next}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_without_passwords() {
        assert_eq!(shown("http://ann:secret@localhost:1"), "http://...@localhost:1");
        assert_eq!(shown("ann:secret@localhost/team"), "...@localhost/team");
        assert_eq!(shown("maintainer=ann@example.com"), "maintainer=ann@example.com");
        assert_eq!(shown("asked for: see ann@example.com"), "asked for: see ann@example.com");
    }
}
