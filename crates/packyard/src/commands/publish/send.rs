//! All packs of a run: ask about each, decide, and only then change something.

use super::ask::{Asker, Current};
use super::decide::{Decision, decide};
use super::jobs::{Stop, is_stopped, side_by_side, unless_stopped};
use super::outcome::{Outcome, PackReport};
use super::places::Places;
use super::plan::Plan;
use super::prepare::Prepared;
use super::push::Pusher;
use super::report::{Report, said};
use super::{Checked, NOT_TRIED, dry_run, unsent};
use crate::commands::remote::{Registry, Transfers};
use crate::printer::Printer;

pub(super) struct Sender<'a> {
    pub(super) registry: &'a Registry,
    pub(super) plan: &'a Plan,
    pub(super) printer: &'a Printer,
    pub(super) transfers: &'a Transfers,
    pub(super) stop: &'a Stop,
}

/// What the registry's answer means for a pack.
pub(super) enum Step<'a> {
    Done(Box<PackReport>),
    Push { pack: &'a Prepared, current: Current, replaces: Option<String> },
}

impl Step<'_> {
    pub(super) fn done(report: PackReport) -> Self {
        Self::Done(Box::new(report))
    }
}

impl<'a> Sender<'a> {
    pub(super) async fn run(&self, packs: &'a [Checked]) -> anyhow::Result<Report> {
        if !self.registry.makes_repositories() && !self.plan.settings.is_default() {
            self.printer.warn(&"the --ecr-... flags mean nothing here: this is no ECR, or there are no AWS keys");
        }
        let repositories: Vec<_> = packs.iter().flatten().flat_map(|pack| self.plan.repository(pack)).collect();
        unless_stopped(self.stop, self.registry.client.authorize(&repositories)).await?;
        let mut steps = self.ask_all(packs).await;
        if self.plan.dry_run {
            return unless_stopped(self.stop, dry_run::list(Some(self.registry), self.plan, steps)).await;
        }
        self.hold_back(&mut steps).await;
        Ok(self.push_all(&steps).await)
    }

    async fn ask_all(&self, packs: &'a [Checked]) -> Vec<Step<'a>> {
        let shown = self.transfers.count("asking about packs", packs.len());
        let asked = side_by_side(packs, self.plan.jobs, self.stop, async |pack| {
            let step = match pack {
                Ok(pack) => self.ask(pack).await,
                Err(refusal) => Step::done(PackReport::refused(refusal)),
            };
            shown.done();
            step
        });
        let steps = asked.await.into_iter().zip(packs);
        steps.map(|(step, pack)| step.unwrap_or_else(|| Step::done(interrupted(pack, self.plan)))).collect()
    }

    async fn ask(&self, pack: &'a Prepared) -> Step<'a> {
        let asker = Asker { registry: self.registry, plan: self.plan };
        let current = match self.plan.repository(pack) {
            Ok(repository) => asker.current(&repository, pack).await,
            Err(error) => Err(error.into()),
        };
        let report = |outcome| PackReport::of(pack, self.plan.reference(pack), outcome);
        match current.map(|current| decide(current, self.plan, pack)) {
            Ok(Decision::Push { current, replaces }) => Step::Push { pack, current, replaces },
            Ok(Decision::Leave { digest, lacks_annotations }) => {
                let mut left = report(Outcome::Unchanged).at(digest.to_string());
                if lacks_annotations {
                    let note = "the archive is there, without the annotations that were asked for; --force \"REASON\" writes them";
                    let place = self.plan.reference(pack);
                    self.transfers.aside(|| self.printer.warn(&format_args!("{place}: {note}")));
                    left.note = Some(note.to_owned());
                }
                Step::done(left)
            }
            Ok(Decision::Refuse { digest, why }) => {
                let refused = report(Outcome::Refused).because(why);
                Step::done(match digest {
                    Some(digest) => refused.at(digest),
                    None => refused,
                })
            }
            Err(error) => Step::done(report(Outcome::Failed).because(said(&error))),
        }
    }

    /// Nothing is pushed while a pack is refused, or when there is no login for it: that is said of each that was to be.
    async fn hold_back(&self, steps: &mut [Step<'a>]) {
        if !steps.iter().any(|step| matches!(step, Step::Push { .. })) {
            return;
        }
        let refused = |step: &Step<'_>| matches!(step, Step::Done(done) if done.outcome == Outcome::Refused);
        let held = if steps.iter().any(refused) && !self.plan.keep_going {
            Some((Outcome::NotTried, NOT_TRIED.to_owned()))
        } else {
            let login = unless_stopped(self.stop, self.registry.log_in()).await.flatten();
            let outcome = if is_stopped(self.stop) { Outcome::Interrupted } else { Outcome::Failed };
            login.err().map(|error| (outcome, said(&error)))
        };
        let Some((outcome, why)) = held else { return };
        for step in steps {
            if let Step::Push { pack, .. } = step {
                let report = PackReport::of(pack, self.plan.reference(pack), outcome).because(&why);
                *step = Step::done(report);
            }
        }
    }

    async fn push_all(&self, steps: &[Step<'a>]) -> Report {
        let places = Places::new(self.registry, self.plan, self.printer, self.transfers);
        let pusher = Pusher { registry: self.registry, plan: self.plan, places: &places, transfers: self.transfers };
        let shown = self.transfers.count("publishing", steps.len());
        let done = side_by_side(steps, self.plan.jobs, self.stop, async |step| {
            let report = match step {
                Step::Done(report) => (**report).clone(),
                Step::Push { pack, current, replaces } => {
                    self.push_one(&pusher, pack, current, replaces.as_ref()).await
                }
            };
            shown.done();
            report
        });
        let reports = done.await.into_iter().zip(steps).map(|(report, step)| match (report, step) {
            (Some(report), _) => report,
            (None, Step::Done(report)) => (**report).clone(),
            (None, Step::Push { pack, .. }) => interrupted_pack(pack, self.plan),
        });
        let mut report = Report::new(self.plan, reports.collect());
        report.tell_created(self.plan, places.created());
        report
    }

    async fn push_one(
        &self,
        pusher: &Pusher<'_>,
        pack: &Prepared,
        current: &Current,
        replaces: Option<&String>,
    ) -> PackReport {
        let report = |outcome| PackReport::of(pack, self.plan.reference(pack), outcome);
        match (pusher.push(pack, current).await, replaces) {
            (Ok(digest), None) => report(Outcome::Published).at(digest.to_string()),
            (Ok(digest), Some(before)) => {
                let mut replaced = report(Outcome::Replaced).at(digest.to_string());
                replaced.replaced = Some(before.clone());
                replaced
            }
            (Err(error), _) => report(Outcome::Failed).because(said(&error)),
        }
    }
}

const INTERRUPTED: &str = "it was interrupted before the pack was in its place; what was sent does no harm";

fn interrupted(pack: &Checked, plan: &Plan) -> PackReport {
    unsent(pack, plan, Outcome::Interrupted, INTERRUPTED)
}

fn interrupted_pack(pack: &Prepared, plan: &Plan) -> PackReport {
    PackReport::of(pack, plan.reference(pack), Outcome::Interrupted).because(INTERRUPTED)
}
