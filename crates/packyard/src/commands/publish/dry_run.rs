//! A dry run's report: what would become of each pack, and by which requests.

use super::Checked;
use super::ask::Current;
use super::outcome::{Outcome, PackReport};
use super::plan::Plan;
use super::prepare::Prepared;
use super::report::{Report, said};
use super::requests::Lister;
use super::send::Step;
use crate::commands::remote::Registry;

/// Where the registry cannot be reached or logged in to, it is taken for one that has nothing.
pub(super) async fn without_asking(packs: &[Checked], plan: &Plan, why: &anyhow::Error) -> Report {
    let steps = packs.iter().map(|pack| match pack {
        Ok(pack) => Step::Push { pack, current: Current::NoRepository, replaces: None },
        Err(refusal) => Step::done(PackReport::refused(refusal)),
    });
    let mut report = list(None, plan, steps.collect()).await;
    report.not_asked = Some(said(why));
    report
}

pub(super) async fn list(registry: Option<&Registry>, plan: &Plan, steps: Vec<Step<'_>>) -> Report {
    let mut lister = Lister::new(registry, plan);
    let mut reports = Vec::with_capacity(steps.len());
    for step in steps {
        reports.push(match step {
            Step::Done(report) => checked(*report),
            Step::Push { pack, current, replaces } => push(&mut lister, plan, pack, &current, replaces).await,
        });
    }
    Report::new(plan, reports)
}

fn checked(mut report: PackReport) -> PackReport {
    if report.outcome == Outcome::Unchanged {
        report.would_be = Some(Outcome::Unchanged);
        report.requests = Some(Vec::new());
        report.outcome = Outcome::Checked;
    }
    report
}

async fn push(
    lister: &mut Lister<'_>,
    plan: &Plan,
    pack: &Prepared,
    current: &Current,
    replaces: Option<String>,
) -> PackReport {
    let mut report = PackReport::of(pack, plan.reference(pack), Outcome::Checked);
    match lister.list(pack, current).await {
        Ok(requests) => report.requests = Some(requests),
        Err(error) => {
            report.outcome = Outcome::Failed;
            return report.because(said(&error));
        }
    }
    report.would_be = Some(if replaces.is_some() { Outcome::Replaced } else { Outcome::Published });
    report.replaced = replaces;
    report
}
