//! How often a registry is synchronised by itself, and where it tells that something was pushed to it.

use super::{LIST, MANAGE, failure};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::visit::{Post, Visit};
use crate::words::When;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_catalog::{Registry, SyncInterval};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// What can be chosen beside what is set already, in seconds.
const CHOICES: [u64; 6] = [900, 3600, 6 * 3600, 12 * 3600, 24 * 3600, 7 * 24 * 3600];

pub(super) struct Choice {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) is_chosen: bool,
}

#[derive(Template)]
#[template(path = "registries/syncing.html")]
struct SyncingPage {
    frame: Frame,
    uid: String,
    name: String,
    csrf: String,
    /// A Helm repository sends none.
    has_notifications: bool,
    choices: Vec<Choice>,
    url: String,
    secret_made: Option<When>,
    last_received: Option<When>,
    /// Shown on this page alone.
    new_secret: Option<String>,
}

pub(super) async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    page(&state, &visit, &uid, None).await
}

async fn page(
    state: &ConsoleState,
    visit: &Visit,
    uid: &str,
    new_secret: Option<&SecretString>,
) -> Result<Response, Failure> {
    visit.require(MANAGE).await?;
    let registry = state.catalog.registry(visit.caller(), uid).await.map_err(failure)?;
    if let Some(why) = registry.why_not_synced() {
        return Err(Failure::Refused(why.to_owned()));
    }
    let known = state.catalog.notifications(visit.caller(), uid).await.map_err(failure)?;
    let place = format!("{LIST}/{uid}");
    visit.page(&SyncingPage {
        frame: visit
            .frame(title(&registry), Section::Registries)
            .under("OCI Registries", LIST)
            .under(registry.name.as_str(), place.as_str()),
        uid: uid.to_owned(),
        has_notifications: registry.spec.kind.is_oci(),
        name: registry.name,
        csrf: visit.session.csrf.clone(),
        choices: choices(registry.sync.interval, state.catalog.server_sync_interval()),
        url: format!("{}/v1/registries/oci/{uid}/notify", state.config.public_url),
        secret_made: known.secret_made_ms.map(|at| visit.when(at)),
        last_received: known.last_received_ms.map(|at| visit.when(at)),
        new_secret: new_secret.map(|secret| secret.expose_secret().to_owned()),
    })
}

fn title(registry: &Registry) -> &'static str {
    if registry.spec.kind.is_oci() { "Interval and notifications" } else { "Interval" }
}

/// What is no number is the server's setting, the first of the list.
fn interval_of(value: &str) -> SyncInterval {
    SyncInterval::of_seconds(value.parse().ok()).unwrap_or_default()
}

impl Choice {
    pub(super) fn interval(&self) -> SyncInterval {
        interval_of(&self.value)
    }
}

pub(super) fn choices(now: SyncInterval, server: Option<Duration>) -> Vec<Choice> {
    let chosen = now.seconds();
    let mut seconds = CHOICES.to_vec();
    seconds.extend(chosen.filter(|own| *own > 0 && !CHOICES.contains(own)));
    seconds.sort_unstable();
    let server_says = server.map_or_else(|| "never".to_owned(), |time| every(time.as_secs()));
    let mut all = vec![Choice {
        value: "server".to_owned(),
        text: format!("The server's setting ({server_says})"),
        is_chosen: chosen.is_none(),
    }];
    all.extend(seconds.into_iter().map(|seconds| {
        let mut text = every(seconds);
        text.replace_range(..1, "E");
        Choice { value: seconds.to_string(), text, is_chosen: chosen == Some(seconds) }
    }));
    all.push(Choice { value: "0".to_owned(), text: "Never by itself".to_owned(), is_chosen: chosen == Some(0) });
    all
}

fn every(seconds: u64) -> String {
    let units = [(7 * 24 * 3600, "week"), (24 * 3600, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (size, word) = units.into_iter().find(|(size, _)| seconds.is_multiple_of(*size)).unwrap_or((1, "second"));
    match seconds / size {
        1 => format!("every {word}"),
        many => format!("every {many} {word}s"),
    }
}

pub(super) async fn set_interval(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    let sent = post.fields.text("interval");
    let interval = interval_of(&sent);
    state.catalog.set_sync_interval(visit.caller(), &uid, interval).await.map_err(failure)?;
    Ok(visit.done(&format!("{LIST}/{uid}/syncing"), "Interval saved"))
}

pub(super) async fn change_notifications(
    State(state): State<ConsoleState>,
    Path(uid): Path<String>,
    post: Post,
) -> Result<Response, Failure> {
    let visit = post.visit;
    if post.fields.text("do") == "off" {
        state.catalog.end_notifications(visit.caller(), &uid).await.map_err(failure)?;
        return Ok(visit.done(&format!("{LIST}/{uid}/syncing"), "Notifications are off"));
    }
    let secret = state.catalog.new_notification_secret(visit.caller(), &uid).await.map_err(failure)?;
    page(&state, &visit, &uid, Some(&secret)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_said_in_the_largest_unit_and_an_odd_one_can_be_kept() {
        assert_eq!(every(86_400), "every day");
        assert_eq!(every(5_400), "every 90 minutes");
        let shown = choices(SyncInterval::Every(Duration::from_secs(5_400)), Some(Duration::from_secs(86_400)));
        let chosen: Vec<&str> = shown.iter().filter(|c| c.is_chosen).map(|c| c.text.as_str()).collect();
        assert_eq!(chosen, ["Every 90 minutes"]);
        assert_eq!(shown[0].text, "The server's setting (every day)");
        assert!(choices(SyncInterval::Never, None).last().unwrap().is_chosen);
    }
}
