//! A browser without scripts: keeps cookies, follows redirects, fills forms by the names that stand in the page.

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use packyard_access::iam::{Holder, NewUser};
use packyard_access::{Access, AccessConfig, Caller, Peer};
use packyard_catalog::{Catalog, CatalogConfig};
use packyard_console::{ConsoleConfig, ConsoleState};
use packyard_profile::Profiles;
use packyard_store::{Clock, DbLocation, SealKey, Store, SystemClock};
use std::collections::BTreeMap;
use std::sync::Arc;
use tower::ServiceExt;

pub(crate) const EMAIL: &str = "admin@packyard.test";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
const VIEWER: &str = "viewer@packyard.test";

pub(crate) struct Browser {
    pub(crate) app: Router,
    cookies: BTreeMap<String, String>,
    pub(crate) host: String,
    pub(crate) origin: Option<String>,
    pub(crate) secure: bool,
    pub(crate) accept: Option<&'static str>,
    pub(crate) store: Store,
    pub(crate) access: Access,
    pub(crate) catalog: Catalog,
    pub(crate) profiles: Profiles,
    _folder: tempfile::TempDir,
}

pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// The value of the first hidden or visible field of this name.
    pub(crate) fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.text.find(&mark).unwrap_or_else(|| panic!("no field {name} in {}", self.text));
        self.text[at + mark.len()..].split('"').next().unwrap_or_default().to_owned()
    }

    /// The values of a field in the forms that go to `action`, in the order of the page.
    pub(crate) fn fields_in(&self, action: &str, name: &str) -> Vec<String> {
        let mark = format!("name=\"{name}\" value=\"");
        let begin = format!(" action=\"{action}\"");
        let forms = self.text.split(&begin).skip(1);
        let value = |form: &str| {
            let form = form.split("</form>").next().unwrap_or_default();
            form.split(&mark).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
        };
        forms.filter_map(value).collect()
    }

    pub(crate) fn location(&self) -> &str {
        self.headers.get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> &Self {
        assert!(self.text.contains(text), "`{text}` is missing in the page:\n{}", self.text);
        self
    }
}

impl Browser {
    pub(crate) async fn open() -> Self {
        Self::open_at(Arc::new(SystemClock)).await
    }

    pub(crate) async fn open_at(clock: Arc<dyn Clock>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = DbLocation::Sqlite(folder.path().join("packyard.db"));
        let store = Store::open_at(&location, SealKey::generate(), clock.clone()).await.expect("a fresh store");
        let store = &store;
        let config = AccessConfig {
            admin_email: Some(EMAIL.to_owned()),
            admin_password: Some(PASSWORD.to_owned().into()),
            ..AccessConfig::default()
        };
        let (access, _) = Access::open(store, config).await.expect("access opens");
        let catalog = Catalog::open(store, &access, CatalogConfig::default()).await.expect("the catalogue opens");
        let profiles = Profiles::open(store, &access, &catalog).await.expect("profiles open");
        let config = ConsoleConfig {
            allowed_hosts: Arc::from(["packs.example.com".to_owned()]),
            public_url: "http://localhost:7225".to_owned(),
            account_id: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            form_limit: ConsoleConfig::FORM_LIMIT,
        };
        let state = ConsoleState {
            access: access.clone(),
            catalog: catalog.clone(),
            profiles: profiles.clone(),
            clock,
            config: Arc::new(config),
        };
        Self {
            app: packyard_console::router(state),
            cookies: BTreeMap::new(),
            host: "localhost:7225".to_owned(),
            origin: Some("http://localhost:7225".to_owned()),
            secure: false,
            accept: None,
            store: store.clone(),
            access,
            catalog,
            profiles,
            _folder: folder,
        }
    }

    pub(crate) async fn logged_in() -> Self {
        let mut browser = Self::open().await;
        let page = browser.post("/login", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
        browser
    }

    /// Who the browser is logged in as, for what only clients of /v1 do.
    pub(crate) async fn caller(&self) -> Caller {
        let peer = Peer { addr: ([127, 0, 0, 1], 40_000).into(), secure: self.secure };
        self.access.login(EMAIL, PASSWORD, peer).await.expect("the administrator logs in").caller
    }

    /// Logs in as somebody who may only look.
    pub(crate) async fn become_viewer(&mut self) {
        let administrator = self.caller().await;
        let iam = self.access.iam(&administrator);
        let viewer = NewUser { email: Some(VIEWER.to_owned()), ..NewUser::named("viewer") };
        iam.create_user(viewer).await.expect("a user is made");
        let policy = "arn:aws:iam::aws:policy/PackyardViewer";
        iam.attach_policy(Holder::User("viewer"), policy).await.expect("a policy is attached");
        iam.create_login_profile("viewer", &PASSWORD.to_owned().into(), false).await.expect("a password is set");
        self.cookies.clear();
        let page = self.post("/login", &[("email", VIEWER), ("password", PASSWORD)]).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    }

    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.send(Method::GET, path, None).await
    }

    /// Sends a form as it stands, without a token of its own.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let encode =
            |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        self.send(Method::POST, path, Some(body.join("&"))).await
    }

    /// Fills the form of the page at `from` and sends it to `path`.
    pub(crate) async fn submit(&mut self, from: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.get(from).await.field("csrf");
        let mut all = vec![("csrf", token.as_str())];
        all.extend_from_slice(fields);
        self.post(path, &all).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<String>) -> Page {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &self.host);
        if !self.cookies.is_empty() {
            let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        if let (Some(origin), Some(_)) = (&self.origin, &body) {
            request = request.header(header::ORIGIN, origin);
        }
        if let Some(accept) = self.accept {
            request = request.header(header::ACCEPT, accept);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let mut request = request.body(body.map_or_else(Body::empty, Body::from)).expect("a request");
        request.extensions_mut().insert(Peer { addr: ([127, 0, 0, 1], 40_000).into(), secure: self.secure });
        let reply = self.app.clone().oneshot(request).await.expect("a reply");
        let (parts, body) = reply.into_parts();
        for line in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().expect("a cookie in ASCII"));
        }
        let bytes = axum::body::to_bytes(body, 16 << 20).await.expect("a body");
        Page { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    fn keep(&mut self, line: &str) {
        let (name, value) = line.split(';').next().unwrap_or_default().split_once('=').unwrap_or_default();
        if value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    pub(crate) fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }
}
