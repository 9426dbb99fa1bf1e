//! Activity: who did what, from the audit log, with the way to what it was done to.

mod objects;
mod words;

pub(crate) use words::{actor_name, profile_action};

use crate::ConsoleState;
use crate::failure::Failure;
use crate::form::encode;
use crate::frame::{Frame, Section};
use crate::sorting::{Column, Heading, Sorting};
use crate::visit::Visit;
use crate::words::When;
use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use chrono::NaiveDate;
use objects::Objects;
use packyard_access::ActivityError;
use packyard_store::{AuditRow, AuditSearch};
use serde::Deserialize;

pub(crate) fn routes() -> Router<ConsoleState> {
    Router::new().route(ADDRESS, get(show))
}

const ADDRESS: &str = "/activity";
/// Rows on one page.
const PAGE: i64 = 50;
const DAY_MS: i64 = 86_400_000;
/// The log is read from one of its ends.
const COLUMNS: &[Column] = &[Column::greatest_first("when")];

#[derive(Template)]
#[template(path = "activity/list.html")]
struct ActivityPage {
    frame: Frame,
    asked: Asked,
    actors: Vec<Choice>,
    actions: Vec<Choice>,
    /// What is filtered by, each with the address without it.
    chips: Vec<(String, String)>,
    rows: Vec<Row>,
    /// Where the list goes on, and where it begins.
    more: Option<String>,
    first: Option<String>,
}

impl ActivityPage {
    fn heading(&self, key: &'static str, label: &'static str, class: &'static str) -> Heading {
        self.asked.sorting().heading(key, label, class, |next| self.asked.with(|other| other.sort = next.word()))
    }
}

struct Choice {
    value: String,
    word: String,
    is_on: bool,
}

struct Row {
    at: When,
    actor: String,
    actor_arn: String,
    actor_address: String,
    action: String,
    action_word: String,
    object: String,
    object_name: String,
    /// Its page, where it is still there.
    address: Option<String>,
    /// All of this object.
    only_address: String,
    /// Name and value; a change has both sides.
    details: Vec<words::Detail>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct Asked {
    q: String,
    actor: String,
    action: String,
    object: String,
    /// Days, both belong to it.
    from: String,
    until: String,
    sort: String,
    /// The row that the page begins beyond.
    beyond: Option<i64>,
}

impl Asked {
    fn sorting(&self) -> Sorting {
        Sorting::asked(COLUMNS, &self.sort)
    }

    fn is_oldest_first(&self) -> bool {
        !self.sorting().is_descending()
    }

    fn is_filtered(&self) -> bool {
        self.with(|other| other.sort.clear()) != ADDRESS
    }

    fn search(&self) -> AuditSearch {
        let day = |text: &str| {
            let date = text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?;
            Some(date.and_utc().timestamp_millis())
        };
        AuditSearch {
            actor: self.actor.clone(),
            action: self.action.clone(),
            object: self.object.clone(),
            text: self.q.clone(),
            from: day(&self.from).unwrap_or(0),
            until: day(&self.until).map_or(i64::MAX, |day| day.saturating_add(DAY_MS)),
            before: self.beyond.filter(|_| !self.is_oldest_first()).unwrap_or(i64::MAX),
            after: self.beyond.filter(|_| self.is_oldest_first()).unwrap_or(i64::MIN),
            is_oldest_first: self.is_oldest_first(),
            limit: PAGE,
        }
    }

    fn address(&self) -> String {
        let fields = [
            ("q", &self.q),
            ("actor", &self.actor),
            ("action", &self.action),
            ("object", &self.object),
            ("from", &self.from),
            ("until", &self.until),
            ("sort", &self.sorting().word()),
        ];
        let set = fields.into_iter().filter(|(_, value)| !value.is_empty());
        let mut query: Vec<String> = set.map(|(name, value)| format!("{name}={}", encode(value))).collect();
        query.extend(self.beyond.map(|row| format!("beyond={row}")));
        if query.is_empty() { ADDRESS.to_owned() } else { format!("{ADDRESS}?{}", query.join("&")) }
    }

    /// The same from its beginning on, with one thing changed.
    fn with(&self, change: impl FnOnce(&mut Self)) -> String {
        let mut other = Self { beyond: None, ..self.clone() };
        change(&mut other);
        other.address()
    }
}

async fn show(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let found = state.access.activity(visit.caller(), &asked.search()).await.map_err(failure)?;
    let named = found.rows.iter().map(|row| row.object.as_str()).chain([asked.object.as_str()]);
    let objects = Objects::read(&state, &visit, named).await;
    let choice = |value: String, word: String, chosen: &str| Choice { is_on: value == chosen, word, value };
    let actor = |arn: String| choice(arn.clone(), actor_name(&arn).to_owned(), &asked.actor);
    let action = |action: String| choice(action.clone(), words::action(&action), &asked.action);
    let page = ActivityPage {
        frame: visit.frame("Activity", Section::Activity),
        actors: found.actors.into_iter().map(actor).collect(),
        actions: found.actions.into_iter().map(action).collect(),
        chips: chips(&asked, &objects),
        rows: found.rows.into_iter().map(|row| view(&visit, &asked, &objects, row)).collect(),
        more: found.more.map(|row| Asked { beyond: Some(row), ..asked.clone() }.address()),
        first: asked.beyond.map(|_| asked.with(|_| {})),
        asked,
    };
    visit.page(&page)
}

fn chips(asked: &Asked, objects: &Objects) -> Vec<(String, String)> {
    let mut chips = Vec::new();
    if !asked.object.is_empty() {
        let name = objects.find(&asked.object).map_or(asked.object.as_str(), |(name, _)| name);
        chips.push((name.to_owned(), asked.with(|other| other.object.clear())));
    }
    chips
}

fn view(visit: &Visit, asked: &Asked, objects: &Objects, row: AuditRow) -> Row {
    let details = words::details(&row.detail);
    let known = objects.find(&row.object);
    let object_name = match known {
        Some((name, _)) => name.to_owned(),
        None => {
            words::named(&row.detail).unwrap_or_else(|| row.object.rsplit("/").next().unwrap_or_default().to_owned())
        }
    };
    Row {
        at: visit.when(row.at),
        actor: actor_name(&row.actor).to_owned(),
        actor_address: asked.with(|other| other.actor.clone_from(&row.actor)),
        action_word: words::action(&row.action),
        address: known.map(|(_, address)| address.to_owned()),
        only_address: asked.with(|other| other.object.clone_from(&row.object)),
        object_name,
        details,
        actor_arn: row.actor,
        action: row.action,
        object: row.object,
    }
}

fn failure(error: ActivityError) -> Failure {
    match error {
        ActivityError::Denied(denied) => denied.into(),
        other => Failure::while_doing("read the audit log")(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_stands_in_the_address_and_days_are_whole() {
        let asked = Asked { q: "a b".into(), until: "2026-01-01".into(), beyond: Some(7), ..Asked::default() };
        assert_eq!(asked.address(), "/activity?q=a%20b&until=2026-01-01&beyond=7");
        assert_eq!(asked.with(|other| other.q.clear()), "/activity?until=2026-01-01");
        assert_eq!(Asked::default().address(), "/activity");
        let search = asked.search();
        assert_eq!((search.from, search.until), (0, 1_767_312_000_000));
        assert!(asked.is_filtered() && !Asked { sort: "when".into(), ..Asked::default() }.is_filtered());
        assert_eq!(Asked { from: "rubbish".into(), ..Asked::default() }.search().from, 0);
    }
}
