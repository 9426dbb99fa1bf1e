//! Making an API key.

use super::{KeysPage, LIST, Made, failure, page};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::parts::{ErrorSlot, FieldErrors};
use crate::visit::{Post, Visit};
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use packyard_access::{ApiKeyError, NewApiKeyRequest};
use secrecy::ExposeSecret;

const DAY_MS: i64 = 86_400_000;
/// Days that are offered, with their words; the first is chosen.
const TERMS: [(&str, &str, i64); 3] = [("90", "90 days", 90), ("30", "30 days", 30), ("365", "1 year", 365)];
const NEVER: &str = "never";
const DAY: &str = "day";

#[derive(Default)]
pub(super) struct Form {
    pub(super) csrf: String,
    pub(super) name: String,
    pub(super) description: String,
    term: String,
    pub(super) day: String,
    pub(super) errors: FieldErrors,
    pub(super) problem: Option<String>,
}

impl Form {
    pub(super) fn error<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        self.errors.slot(field)
    }

    /// Value, word, whether it is chosen.
    pub(super) fn terms(&self) -> Vec<(&'static str, &'static str, bool)> {
        let days = TERMS.iter().map(|(value, word, _)| (*value, *word));
        let all = days.chain([(DAY, "Until a day"), (NEVER, "Never")]);
        all.map(|(value, word)| (value, word, self.term == value)).collect()
    }

    /// `None`: never. The end of the day that is named, by UTC.
    fn expires_at_ms(&mut self, now_ms: i64) -> Option<i64> {
        if let Some((.., days)) = TERMS.iter().find(|(value, ..)| *value == self.term) {
            return Some(now_ms + days * DAY_MS);
        }
        if self.term != DAY {
            return None;
        }
        let day = self.day.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0));
        let end = day.map(|day| day.and_utc().timestamp_millis() + DAY_MS);
        match end {
            None => self.errors.add("day", "Enter the last day on which the key is to work."),
            Some(end) if end <= now_ms => self.errors.add("day", "This day is over. Choose a later one."),
            Some(_) => {}
        }
        end
    }
}

fn titled(mut page: KeysPage) -> KeysPage {
    page.frame = page.frame.under("API Keys", LIST);
    page.frame.title = "Add API Key".to_owned();
    page
}

pub(super) async fn new(State(state): State<ConsoleState>, visit: Visit) -> Result<Response, Failure> {
    let mut page = titled(page(&state, &visit).await?);
    let term = TERMS[0].0.to_owned();
    page.form = Some(Form { csrf: visit.session.csrf.clone(), term, ..Form::default() });
    visit.page(&page)
}

/// Answers with the page that shows the key: there is no address where it could be seen again.
pub(super) async fn create(State(state): State<ConsoleState>, post: Post) -> Result<Response, Failure> {
    let visit = post.visit;
    let mut form = Form {
        csrf: visit.session.csrf.clone(),
        name: post.fields.text("name"),
        description: post.fields.text("description"),
        term: post.fields.text("term"),
        day: post.fields.text("day"),
        ..Form::default()
    };
    let expires_at_ms = form.expires_at_ms(visit.now_ms());
    if form.name.is_empty() {
        form.errors.add("name", "Enter a name, such as what will use the key.");
    }
    let mut made = None;
    if form.errors.is_empty() {
        let new = NewApiKeyRequest {
            name: form.name.clone(),
            description: form.description.clone(),
            user_uid: None,
            expires_at_ms,
        };
        match state.access.create_api_key(visit.caller(), new).await {
            Ok(issued) => {
                let secret = issued.secret.expose_secret().to_owned();
                let command =
                    format!("curl -H \"ApiKey: $PACKYARD_API_KEY\" {}/v1/users/info", state.config.public_url);
                made = Some(Made { name: issued.key.name, secret, command });
            }
            Err(ApiKeyError::Invalid(why)) => form.problem = Some(format!("{why}.")),
            Err(error) => return Err(failure(error)),
        }
    }
    let mut page = page(&state, &visit).await?;
    if made.is_none() {
        page = titled(page);
        page.form = Some(form);
    }
    page.made = made;
    visit.page(&page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_is_days_a_day_or_never() {
        let at = |term: &str, day: &str| {
            let mut form = Form { term: term.into(), day: day.into(), ..Form::default() };
            (form.expires_at_ms(1_000), form.errors.is_empty())
        };
        assert_eq!(at("30", ""), (Some(1_000 + 30 * DAY_MS), true));
        assert_eq!(at("never", "1970-01-05"), (None, true));
        assert_eq!(at("day", "1970-01-05"), (Some(5 * DAY_MS), true));
        assert!(!at("day", "").1 && !at("day", "1969-12-31").1);
    }
}
