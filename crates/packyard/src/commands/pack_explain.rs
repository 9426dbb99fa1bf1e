//! `packyard pack explain`: what a finding means, from the table that docs/packs.md is made of.

use crate::printer::Printer;
use crate::terminal::folded;
use anyhow::bail;
use clap::Args;
use packyard_pack::Severity;
use packyard_pack::lint::{self, Rule};
use serde::Serialize;
use std::fmt;
use std::process::ExitCode;

/// Most codes that an error offers instead.
const OFFERED: usize = 5;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Code of a finding, such as PACK101; all codes when left out
    code: Option<String>,
}

/// One rule, as programs get it.
#[derive(Debug, Serialize)]
struct Explained {
    code: &'static str,
    severity: Severity,
    what: &'static str,
    why: &'static str,
    fix: &'static str,
    /// What `packyard pack lint --fix` does.
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic: Option<&'static str>,
    /// Looked for with `--pedantic` only.
    pedantic: bool,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct All(Vec<Explained>);

impl From<&Rule> for Explained {
    fn from(rule: &Rule) -> Self {
        Self {
            code: rule.code,
            severity: rule.severity,
            what: rule.title,
            why: rule.explanation,
            fix: rule.fix,
            automatic: rule.automatic(),
            pedantic: rule.is_pedantic(),
        }
    }
}

pub(crate) fn run(args: &ExplainArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    match &args.code {
        None => printer.emit(&All(lint::RULES.iter().map(Explained::from).collect())),
        Some(typed) => printer.emit(&Explained::from(find(typed)?)),
    }
    Ok(ExitCode::SUCCESS)
}

/// `PACK101`, `pack101` and `101` are the same.
fn find(typed: &str) -> anyhow::Result<&'static Rule> {
    let wanted = typed.trim().to_ascii_uppercase();
    let wanted = if wanted.starts_with(|c: char| c.is_ascii_digit()) { format!("PACK{wanted}") } else { wanted };
    if let Some(rule) = lint::rule(&wanted) {
        return Ok(rule);
    }
    let near = near(&wanted);
    let shown: String = typed.chars().take(40).flat_map(char::escape_debug).collect();
    if near.is_empty() {
        bail!("there is no finding with the code `{shown}`; `packyard pack explain` lists all codes");
    }
    let list: Vec<String> = near.iter().map(|rule| format!("{} ({})", rule.code, rule.title)).collect();
    bail!(
        "there is no finding with the code `{shown}`; near it: {}; `packyard pack explain` lists all codes",
        list.join(", ")
    )
}

/// Rules whose code is about the same, or that speak of the word that was typed.
fn near(wanted: &str) -> Vec<&'static Rule> {
    let about = |rule: &&Rule| rule.title.to_ascii_uppercase().contains(wanted);
    let spoken: Vec<_> = lint::RULES.iter().filter(about).take(OFFERED).collect();
    if wanted.chars().filter(char::is_ascii_alphabetic).count() > 2 && !spoken.is_empty() {
        return spoken;
    }
    let mut by_distance: Vec<_> = lint::RULES.iter().map(|rule| (distance(wanted, rule.code), rule)).collect();
    by_distance.sort_by_key(|(distance, rule)| (*distance, rule.code));
    by_distance.into_iter().filter(|(distance, _)| *distance <= 2).take(OFFERED).map(|(_, rule)| rule).collect()
}

/// Edits that make one code of the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    // A longer word is no code, however it goes on.
    for (at, c) in a.chars().take(32).enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (i, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(c != *other);
            diagonal = row[i + 1];
            row[i + 1] = replaced.min(row[i] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}[{}]: {}\n", self.severity, self.code, self.what)?;
        writeln!(f, "why   {}", folded(self.why, 6, 6))?;
        write!(f, "fix   {}", folded(self.fix, 6, 6))?;
        match self.automatic {
            Some(how) => write!(f, "\n--fix {}", folded(how, 6, 6)),
            None => write!(f, "\n--fix leaves it to you"),
        }
    }
}

impl fmt::Display for All {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in &self.0 {
            writeln!(f, "{}  {:<7}  {}", rule.code, rule.severity.as_str(), rule.what)?;
        }
        write!(f, "\n`packyard pack explain CODE` says why, and what to do")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["PACK101", "pack101", " 101 "] {
            assert_eq!(find(typed).unwrap().code, "PACK101", "{typed}");
        }
    }

    #[test]
    fn what_is_near_is_offered() {
        let said = |typed: &str| find(typed).unwrap_err().to_string();
        assert!(said("PACK11").contains("PACK011"), "{}", said("PACK11"));
        assert!(said("version").contains("PACK101 (version starts with v)"), "{}", said("version"));
        assert!(!said("nonsense-of-any-kind").contains("near it"), "{}", said("nonsense-of-any-kind"));
        assert!(!said("x\x1b[31m").contains('\x1b'));
    }
}
