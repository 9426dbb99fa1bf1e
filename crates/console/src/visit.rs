//! One signed-in visit: who asks, how pages look to them, what may be done. Unsafe requests bring the session's token
//! in the field `csrf` or the header `X-CSRF-Token`; without it nothing happens.

use crate::ConsoleState;
use crate::cookie;
use crate::failure::Failure;
use crate::form::Fields;
use crate::frame::{Frame, Menu, Section, Theme};
use crate::scope::Scopes;
use crate::session::to_login;
use crate::words::When;
use askama::Template;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, header};
use packyard_access::{Caller, Peer, Session};
use packyard_profile::Scope;
use std::net::Ipv4Addr;

/// What a page sends with requests that it makes by itself; server-sent events need no such sign.
const FOLLOWS: &str = "x-packyard-follows";

pub(crate) struct Visit {
    pub(crate) session: Session,
    pub(crate) state: ConsoleState,
    theme: Theme,
    toast: Option<String>,
    menu: Menu,
    pub(crate) scopes: Scopes,
    now_ms: i64,
    /// The request came from htmx and wants a part, or a page to take a part from.
    pub(crate) is_part: bool,
    /// The client reads server-sent events as they come.
    pub(crate) takes_events: bool,
    pub(crate) is_secure: bool,
}

impl FromRequestParts<ConsoleState> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        let peer = peer(parts);
        let token = cookie::read(&parts.headers, cookie::SESSION);
        let session = match token {
            Some(token) if asks_by_itself(parts) => state.access.session_without_use(&token, peer).await,
            Some(token) => state.access.session(&token, peer).await,
            None => None,
        };
        let Some(session) = session else { return Err(to_login(parts)) };
        let could = async |action| state.access.could_somewhere(&session.caller, action).await;
        let menu = Menu {
            has_activity: could("packyard:ReadAudit").await,
            has_api_keys: could("packyard:ManageApiKeys").await,
            access: if could("iam:ListUsers").await {
                Some("/settings/users")
            } else {
                could("packyard:ReadProjects").await.then_some("/settings/projects")
            },
        };
        Ok(Self {
            scopes: Scopes::of(state, &session.caller, &parts.headers).await,
            session,
            menu,
            state: state.clone(),
            theme: Theme::of(&parts.headers),
            toast: cookie::read(&parts.headers, cookie::TOAST),
            now_ms: state.clock.now_ms(),
            is_part: parts.headers.contains_key("hx-request"),
            takes_events: takes_events(&parts.headers),
            is_secure: is_secure(parts),
        })
    }
}

/// Without the server's word on the transport the peer counts as an unsafe stranger.
pub(crate) fn peer(parts: &Parts) -> Peer {
    parts.extensions.get::<Peer>().copied().unwrap_or(Peer { addr: ([0, 0, 0, 0], 0).into(), secure: false })
}

/// Whether the browser speaks https: to us, or to a proxy before us, which the Origin of its unsafe requests tells. Another
/// site's Origin does not come so far.
pub(crate) fn is_secure(parts: &Parts) -> bool {
    let origin = parts.headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    peer(parts).secure || origin.is_some_and(|origin| origin.starts_with("https://"))
}

/// A page that follows a sync asks again and again, also when nobody is there any more: that is no use of the session.
fn asks_by_itself(parts: &Parts) -> bool {
    parts.method == Method::GET && (takes_events(&parts.headers) || parts.headers.contains_key(FOLLOWS))
}

fn takes_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

impl Visit {
    pub(crate) fn frame(&self, title: impl Into<String>, section: Section) -> Frame {
        let principal = &self.session.caller.principal;
        Frame {
            title: title.into(),
            section,
            trail: Vec::new(),
            csrf: self.session.csrf.clone(),
            user: principal.email.clone().unwrap_or_else(|| principal.name.clone()),
            identity: principal.arn.to_string(),
            theme: self.theme,
            toast: self.toast.clone(),
            query: String::new(),
            menu: self.menu,
            scopes: self.scopes.clone(),
            has_search: true,
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// For a visit that lasts: what follows is shown as of now.
    pub(crate) fn renew(&mut self) {
        self.now_ms = self.state.clock.now_ms();
    }

    pub(crate) fn when(&self, at_ms: i64) -> When {
        When::new(at_ms, self.now_ms)
    }

    /// Whether an endpoint is written as this server's own address. A guess, for what is shown before anybody asked it.
    pub(crate) fn is_own(&self, endpoint: &str) -> bool {
        let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest).trim_end_matches('/');
        host.eq_ignore_ascii_case(self.state.config.host())
    }

    pub(crate) fn caller(&self) -> &Caller {
        &self.session.caller
    }

    /// Where the request came from, as far as logins care.
    pub(crate) fn peer(&self) -> Peer {
        let ip = self.session.caller.source_ip.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        Peer { addr: (ip, 0).into(), secure: self.session.caller.secure }
    }

    /// Anywhere, be it in one project; what a service does it asks about by itself.
    pub(crate) async fn may(&self, action: &str) -> bool {
        self.state.access.could_somewhere(&self.session.caller, action).await
    }

    /// As [`Visit::may`]. What a page is for is asked before the page is shown: nobody fills in a form to be refused.
    pub(crate) async fn require(&self, action: &str) -> Result<(), Failure> {
        Ok(self.state.access.may_somewhere(&self.session.caller, action).await?)
    }

    /// The same of one project, or of the tenant.
    pub(crate) async fn require_in(&self, action: &str, scope: &Scope) -> Result<(), Failure> {
        let access = &self.state.access;
        let target = match scope {
            Scope::Project(uid) => access.project(uid),
            Scope::Tenant | Scope::System => access.tenant(),
        };
        Ok(access.may(&self.session.caller, action, &target).await?)
    }

    /// A whole page. A toast is shown once.
    pub(crate) fn page(&self, template: &impl Template) -> Result<Response, Failure> {
        let mut reply = Html(template.render()?).into_response();
        reply.headers_mut().insert(header::VARY, HeaderValue::from_static("hx-request"));
        if self.toast.is_some() {
            cookie::clear(&mut reply, cookie::TOAST, self.is_secure);
        }
        Ok(reply)
    }

    /// A part of a page, which leaves a waiting toast for the next whole one.
    pub(crate) fn part(&self, template: &impl Template) -> Result<Response, Failure> {
        Ok(Html(template.render()?).into_response())
    }

    /// After something was done: there, with these words at the bottom.
    pub(crate) fn done(&self, address: &str, toast: &str) -> Response {
        let mut reply = self.go(address);
        cookie::set(&mut reply, cookie::TOAST, toast, Some(60), self.is_secure);
        reply
    }
}

impl Visit {
    /// To another page. A part that htmx asked for cannot redirect by status, so a header says it.
    pub(crate) fn go(&self, address: &str) -> Response {
        if !self.is_part {
            return Redirect::to(address).into_response();
        }
        let mut reply = http::StatusCode::OK.into_response();
        if let Ok(address) = HeaderValue::from_str(address) {
            reply.headers_mut().insert("hx-redirect", address);
        }
        reply
    }
}

/// A form of a signed-in visitor, token checked.
pub(crate) struct Post {
    pub(crate) visit: Visit,
    pub(crate) fields: Fields,
}

impl FromRequest<ConsoleState> for Post {
    type Rejection = Response;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, state).await?;
        let header = csrf_header(&parts.headers);
        let fields = Fields::read(body, state.config.form_limit).await.map_err(IntoResponse::into_response)?;
        let given = header.or_else(|| fields.get("csrf").map(str::to_owned)).unwrap_or_default();
        visit.check_token(&given)?;
        Ok(Self { visit, fields })
    }
}

/// A text body (the editor's check) of a signed-in visitor, token checked.
pub(crate) struct PostText {
    pub(crate) text: String,
}

impl FromRequest<ConsoleState> for PostText {
    type Rejection = Response;

    async fn from_request(request: Request, state: &ConsoleState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, state).await?;
        visit.check_token(&csrf_header(&parts.headers).unwrap_or_default())?;
        let bytes = axum::body::to_bytes(body, state.config.form_limit).await;
        let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes.into()).ok());
        text.map(|text| Self { text }).ok_or_else(|| Failure::TooLong(state.config.form_limit).into_response())
    }
}

fn csrf_header(headers: &HeaderMap) -> Option<String> {
    headers.get("x-csrf-token")?.to_str().ok().map(str::to_owned)
}

impl Visit {
    #[expect(clippy::result_large_err, reason = "the rejection of an extractor is a response")]
    fn check_token(&self, given: &str) -> Result<(), Response> {
        if self.session.csrf_is(given) { Ok(()) } else { Err(Failure::StaleForm.into_response()) }
    }
}
