//! Pages that follow a sync: the parts that change are sent as server-sent events until nothing moves any more.
//!
//! Only small parts with an id are sent, and only those that a page shows anew; an open menu and the focus stay. A
//! client without events asks again and gets the same parts as a page of HTML.

use super::history::{self, Asked};
use super::way_back::WayBack;
use super::{failure, list};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::visit::Visit;
use axum::extract::{Path, Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use futures_util::stream;
use http::{HeaderName, HeaderValue};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// How often the state is looked at while somebody follows it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A connection ends after this time and is opened anew, so that a session that ended meanwhile is noticed.
const LIFE: Duration = Duration::from_secs(60);
/// Says to a client without events that it need not ask again.
const STILL: HeaderName = HeaderName::from_static("x-packyard-still");

/// What is shown now, and whether it will change by itself.
pub(super) struct Look {
    pub(super) html: String,
    pub(super) is_moving: bool,
}

enum Followed {
    List(WayBack),
    History { uid: String, asked: Asked },
}

struct Follow {
    state: ConsoleState,
    visit: Visit,
    followed: Followed,
    sent: String,
    until: Instant,
    has_ended: bool,
}

pub(super) async fn list(
    State(state): State<ConsoleState>,
    visit: Visit,
    Query(back): Query<WayBack>,
) -> Result<Response, Failure> {
    follow(state, visit, Followed::List(back)).await
}

pub(super) async fn history(
    State(state): State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    // One that does not exist is said as a page says it, not as a stream that ends.
    state.catalog.registry(visit.caller(), &uid).await.map_err(failure)?;
    follow(state, visit, Followed::History { uid, asked }).await
}

async fn follow(state: ConsoleState, visit: Visit, followed: Followed) -> Result<Response, Failure> {
    let mut follow =
        Follow { state, visit, followed, sent: String::new(), until: Instant::now() + LIFE, has_ended: false };
    if follow.visit.takes_events {
        let events = stream::unfold(follow, |mut follow| async move { Some((Ok(follow.next().await?), follow)) });
        return Ok(events_reply(events));
    }
    let look = follow.look().await?;
    let mut reply = Html(look.html).into_response();
    if !look.is_moving {
        reply.headers_mut().insert(STILL, HeaderValue::from_static("1"));
    }
    Ok(reply)
}

/// A reply of events that no proxy on the way holds back.
pub(super) fn events_reply(
    events: impl futures_util::Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    let mut reply = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    reply.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    reply
}

impl Follow {
    /// The next change; `None` ends the connection, and the client comes back unless it was told of the end.
    async fn next(&mut self) -> Option<Event> {
        if self.has_ended {
            return None;
        }
        loop {
            let look = self.look().await.ok()?;
            if look.html != self.sent {
                self.sent.clone_from(&look.html);
                return Some(Event::default().data(look.html));
            }
            if !look.is_moving {
                self.has_ended = true;
                return Some(Event::default().event("end").data("still"));
            }
            if self.state.catalog.is_stopping() || Instant::now() > self.until {
                return None;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&mut self) -> Result<Look, Failure> {
        self.visit.renew();
        match &self.followed {
            Followed::List(back) => list::look(&self.state, &self.visit, back).await,
            Followed::History { uid, asked } => history::look(&self.state, &self.visit, uid, asked).await,
        }
    }
}
