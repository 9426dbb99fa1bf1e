//! The syncs of a registry: following one, ending one, the history, how often they run.

use super::record::{Run, Runs, Tag, Told};
use super::shown::Done;
use super::{Row, find};
use crate::commands::server::Server;
use crate::printer::Printer;
use crate::seconds::written;
use anyhow::{Context, bail};
use indicatif::ProgressBar;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often it is said how far a sync came, where no bar can be drawn.
const SAY_EVERY: Duration = Duration::from_secs(5);
/// Rows of one page of `/v1`.
const PAGE: usize = 50;

fn path(row: &Row, rest: &str) -> String {
    format!("/v1/registries/oci/{}/sync/{rest}", row.uid)
}

fn items<T: DeserializeOwned>(reply: Value) -> anyhow::Result<Vec<T>> {
    let items = reply.get("items").cloned().unwrap_or_default();
    serde_json::from_value(items).context("the server answered in a form that this program does not know")
}

async fn runs(server: &Server, row: &Row, limit: usize) -> anyhow::Result<Vec<Run>> {
    items(server.get(&path(row, "runs"), &[("limit", &limit.to_string())]).await?)
}

async fn tags(server: &Server, row: &Row, run: &str, only_problems: bool) -> anyhow::Result<Vec<Tag>> {
    let only_problems = if only_problems { "true" } else { "false" };
    let mut all = Vec::new();
    loop {
        let offset = all.len().to_string();
        let query = [("onlyProblems", only_problems), ("offset", offset.as_str())];
        let page: Vec<Tag> = items(server.get(&path(row, &format!("runs/{run}/tags")), &query).await?)?;
        let is_last = page.len() < PAGE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Asks for a sync and shows it until it ends; a run that failed, or that somebody ended, is a failed command.
pub(super) async fn follow(name: &str, force: bool, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    let before = runs(server, &row, 1).await?.first().map_or(0, Run::number);
    super::start(&row, force, server).await?;
    let mut shown = Shown::new(printer);
    let run = loop {
        let newer = runs(server, &row, PAGE).await?;
        // Pushes leave runs of their own.
        let ours = newer.into_iter().rfind(|run| run.number() > before && run.trigger != "push");
        match ours {
            Some(run) if !run.is_running() => break run,
            Some(run) => shown.progress(&run),
            None if !find(server, &row.uid).await?.is_moving() => {
                // It may have begun and ended between the two looks.
                if runs(server, &row, PAGE).await?.iter().all(|run| run.number() <= before || run.trigger == "push") {
                    bail!("the sync was taken back before it began; `packyard registry status {name}` says more");
                }
            }
            None => shown.waits(),
        }
        tokio::time::sleep(LOOK_EVERY).await;
    };
    drop(shown);
    let is_good = run.is_good();
    let tags = tags(server, &row, &run.id, false).await?;
    printer.emit(&Told { run, tags });
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How far a sync came, drawn where a person watches, else said now and then.
struct Shown<'p> {
    printer: &'p Printer,
    bar: Option<ProgressBar>,
    said: Option<Instant>,
}

impl<'p> Shown<'p> {
    fn new(printer: &'p Printer) -> Self {
        Self { printer, bar: printer.shows_progress().then(|| ProgressBar::new(0)), said: None }
    }

    fn progress(&mut self, run: &Run) {
        let (done, all) = run.progress();
        match &self.bar {
            Some(bar) => {
                bar.set_length(all);
                bar.set_position(done);
            }
            None => {
                self.say(&if all == 0 { "asking the registry".to_owned() } else { format!("{done} of {all} tags") })
            }
        }
    }

    fn waits(&mut self) {
        if self.bar.is_none() {
            self.say("waiting for the sync to begin");
        }
    }

    fn say(&mut self, text: &str) {
        if self.said.is_none_or(|at| at.elapsed() > SAY_EVERY) {
            self.printer.note(&text);
            self.said = Some(Instant::now());
        }
    }
}

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

pub(super) async fn cancel(name: &str, server: &Server, printer: &Printer) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    server.call(Method::POST, &path(&row, "cancel"), &[], None).await?;
    let text = format!("the sync of {} was cancelled", row.name);
    printer.emit(&Done::new(row, "cancelled", text));
    Ok(ExitCode::SUCCESS)
}

/// The newest runs, or one with its tags.
pub(super) async fn history(
    name: &str,
    run: Option<&str>,
    only_problems: bool,
    limit: usize,
    server: &Server,
    printer: &Printer,
) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    let Some(id) = run else {
        printer.emit(&Runs(runs(server, &row, limit).await?));
        return Ok(ExitCode::SUCCESS);
    };
    let id = match id {
        "last" => match runs(server, &row, 1).await?.into_iter().next() {
            Some(run) => run.id,
            None => bail!("no sync of {} has run yet", row.name),
        },
        id => id.to_owned(),
    };
    let run = server.get(&path(&row, &format!("runs/{id}")), &[]).await?;
    let run = serde_json::from_value(run).context("the server answered in a form that this program does not know")?;
    let tags = tags(server, &row, &id, only_problems).await?;
    printer.emit(&Told { run, tags });
    Ok(ExitCode::SUCCESS)
}

/// How often a registry is synchronised: `15m`, `6h`, `1d`, `never`, or `server` for the server's setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interval(Option<u64>);

impl Interval {
    /// For clap.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let seconds = match text {
            "server" => return Ok(Self(None)),
            "never" => return Ok(Self(Some(0))),
            text => crate::seconds::seconds(text),
        };
        let seconds = seconds.ok_or("expected a time such as 15m, 6h or 1d, or `never`, or `server`")?;
        if (1..60).contains(&seconds) {
            return Err("the shortest is one minute".to_owned());
        }
        Ok(Self(Some(seconds)))
    }
}

pub(super) async fn set_interval(row: &Row, interval: Interval, server: &Server) -> anyhow::Result<()> {
    let body = json!({ "intervalSeconds": interval.0 });
    server.call(Method::PUT, &path(row, "settings"), &[], Some(&body)).await.map(drop)
}

/// Shows the interval, after it was changed where another one is given.
pub(super) async fn interval(
    name: &str,
    interval: Option<Interval>,
    server: &Server,
    printer: &Printer,
) -> anyhow::Result<ExitCode> {
    let row = find(server, name).await?;
    if let Some(interval) = interval {
        set_interval(&row, interval, server).await?;
    }
    let settings = server.get(&path(&row, "settings"), &[]).await?;
    if printer.is_json() {
        printer.line(&format_args!("{settings:#}"));
        return Ok(ExitCode::SUCCESS);
    }
    let every = |time: u64| if time == 0 { "never by itself".to_owned() } else { format!("every {}", written(time)) };
    let own = settings["intervalSeconds"].as_u64();
    let server_says = settings["serverIntervalSeconds"].as_u64().unwrap_or_default();
    let text = own.map_or_else(|| format!("{} (the server's setting)", every(server_says)), every);
    let next = settings["nextRunTime"].as_str().map(|at| format!("; next at {at}")).unwrap_or_default();
    printer.line(&format_args!("{} is synchronised {text}{next}", row.name));
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::Interval;

    #[test]
    fn intervals_are_written_with_units_or_as_words() {
        for (text, seconds) in
            [("15m", Some(900)), ("6h", Some(21_600)), ("1d", Some(86_400)), ("90", Some(90)), ("never", Some(0))]
        {
            assert_eq!(Interval::parse(text), Ok(Interval(seconds)), "{text}");
        }
        assert_eq!(Interval::parse("server"), Ok(Interval(None)));
        for wrong in ["", "5", "59s", "m", "1w", "-1h", "1.5h", "99999999999999999999d"] {
            assert!(Interval::parse(wrong).is_err(), "{wrong}");
        }
    }
}
