//! One version of one pack: what it is, what is in it, what is odd about it, and how to get it.

mod content;
mod findings;
mod presets;
mod rail;
mod schema;
mod users;
mod versions;

pub(super) use self::versions::versions;

use self::content::{ContentView, content};
use self::findings::{FindingView, finding};
use self::presets::PresetGroup;
use self::rail::{Rail, rail};
use self::schema::SchemaRow;
use self::users::UserRow;
use self::versions::{VersionRow, distinct, version_row};
use crate::ConsoleState;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::markdown;
use crate::pages::packs::{failure, layer_word, state_badge};
use crate::pages::profiles::{MANAGE, READ};
use crate::parts::Logo;
use crate::visit::Visit;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use packyard_catalog::{PackDetail, PackRow, PackState};

#[derive(Template)]
#[template(path = "packs/pack.html")]
struct PackPage {
    frame: Frame,
    head: Head,
    tabs: Vec<TabLink>,
    body: Body,
    rail: Rail,
}

impl PackPage {
    fn is_values(&self) -> bool {
        matches!(self.body, Body::Values(_))
    }

    /// Tabs in the browser tell themselves apart.
    fn window_title(&self) -> String {
        let tab = self.tabs.iter().find(|tab| tab.is_on && tab.label != Tab::Readme.word().0);
        let pack = format!("{} {}", self.head.display_name, self.head.version);
        tab.map_or(pack.clone(), |tab| format!("{} · {pack}", tab.label))
    }
}

struct Head {
    is_chart: bool,
    /// Why a chart's archive has not been read, and what helps.
    not_read: Option<(String, String)>,
    display_name: String,
    version: String,
    description: String,
    layer: String,
    addon_type: String,
    state: Option<(&'static str, &'static str)>,
    logo: Logo,
    /// Where a profile is chosen for it; none where the visitor may change none, or the pack is not to be used.
    add_to_profile: Option<String>,
}

struct TabLink {
    label: &'static str,
    address: String,
    is_on: bool,
    count: Option<usize>,
    is_warning: bool,
}

enum Body {
    /// Sanitised HTML; empty when there is none.
    Readme(String),
    Values(String),
    Schema(Vec<SchemaRow>),
    Presets(Vec<PresetGroup>),
    Content(ContentView),
    Versions(Vec<VersionRow>),
    Users(Vec<UserRow>),
    Findings(Vec<FindingView>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Readme,
    Values,
    Schema,
    Presets,
    Content,
    Versions,
    Users,
    Findings,
}

impl Tab {
    const ALL: [Self; 8] = [
        Self::Readme,
        Self::Values,
        Self::Schema,
        Self::Presets,
        Self::Content,
        Self::Versions,
        Self::Users,
        Self::Findings,
    ];

    fn word(self) -> (&'static str, &'static str) {
        match self {
            Self::Readme => ("README", ""),
            Self::Values => ("Values", "/values"),
            Self::Schema => ("Schema", "/schema"),
            Self::Presets => ("Presets", "/presets"),
            Self::Content => ("Content", "/content"),
            Self::Versions => ("Versions", "/versions"),
            Self::Users => ("Used by", "/used-by"),
            Self::Findings => ("Findings", "/findings"),
        }
    }

    /// A pack without schema or presets has no tab for them, and who may not read profiles does not learn of them.
    fn is_of(self, pack: &PackDetail, reads_profiles: bool) -> bool {
        match self {
            Self::Schema => !pack.schema.is_empty(),
            Self::Presets => !pack.presets.is_empty(),
            Self::Users => reads_profiles,
            _ => true,
        }
    }
}

pub(super) async fn readme(
    state: State<ConsoleState>,
    visit: Visit,
    Path(uid): Path<String>,
) -> Result<Response, Failure> {
    show(state.0, visit, &uid, Tab::Readme).await
}

pub(super) async fn tab(
    state: State<ConsoleState>,
    visit: Visit,
    Path((uid, word)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let tab = Tab::ALL.into_iter().skip(1).find(|tab| tab.word().1.trim_start_matches('/') == word);
    show(state.0, visit, &uid, tab.ok_or_else(|| Failure::NotFound("This page".to_owned()))?).await
}

async fn show(state: ConsoleState, visit: Visit, uid: &str, tab: Tab) -> Result<Response, Failure> {
    let pack = state.catalog.pack(visit.caller(), uid).await.map_err(failure)?;
    let reads_profiles = visit.may(READ).await;
    if !tab.is_of(&pack, reads_profiles) {
        return Err(Failure::NotFound("This page".to_owned()));
    }
    let versions = versions(&state, &visit, &pack.row).await?;
    let registry = state.catalog.registry(visit.caller(), &pack.row.registry_uid).await.ok();
    let row = &pack.row;
    let body = match tab {
        Tab::Readme => Body::Readme(pack.readme.as_deref().map(markdown::render).unwrap_or_default()),
        Tab::Values => Body::Values(pack.values.clone()),
        Tab::Schema => Body::Schema(pack.schema.iter().map(schema::row).collect()),
        Tab::Presets => Body::Presets(presets::groups(&pack.presets)),
        Tab::Content => Body::Content(content(&pack.content, row.kind.is_chart())),
        Tab::Versions => Body::Versions(versions.iter().map(|other| version_row(&visit, row, other)).collect()),
        Tab::Users => Body::Users(users::users(&state, &visit, uid).await?),
        Tab::Findings => Body::Findings(pack.findings.iter().map(finding).collect()),
    };
    let page = PackPage {
        frame: visit.frame(row.display_name.trim(), Section::Packs).under("Packs", "/packs"),
        head: Head {
            is_chart: row.kind.is_chart(),
            not_read: not_read(&pack),
            display_name: row.display_name.trim().to_owned(),
            version: row.version.clone(),
            description: row.description.trim().to_owned(),
            layer: layer_word(&row.layer).to_owned(),
            addon_type: row.addon_type.trim().to_owned(),
            state: state_badge(row.state, row.is_gone),
            logo: Logo::new(&row.uid, row.has_logo, &row.display_name).large(),
            add_to_profile: can_be_added(row, visit.may(MANAGE).await).then(|| format!("/packs/{uid}/add-to-profile")),
        },
        tabs: Tab::ALL
            .into_iter()
            .filter(|each| each.is_of(&pack, reads_profiles))
            .map(|each| tab_link(each, tab, &pack, distinct(&versions)))
            .collect(),
        body,
        rail: rail(&pack, registry.as_ref(), &state.config),
    };
    visit.page(&page)
}

/// As the picker of a profile offers it.
fn can_be_added(row: &PackRow, may_change_profiles: bool) -> bool {
    may_change_profiles && !row.is_gone && matches!(row.state, PackState::Active | PackState::Deprecated)
}

fn not_read(pack: &PackDetail) -> Option<(String, String)> {
    let is_unread = pack.archive.as_ref().is_some_and(|archive| !archive.is_read);
    let why = pack.findings.first().filter(|_| is_unread)?;
    Some((why.message.clone(), why.hint.clone()))
}

fn tab_link(tab: Tab, chosen: Tab, pack: &PackDetail, versions: usize) -> TabLink {
    let (label, rest) = tab.word();
    let count = match tab {
        Tab::Versions => Some(versions),
        Tab::Findings if !pack.findings.is_empty() => Some(pack.findings.len()),
        _ => None,
    };
    TabLink {
        label,
        address: format!("/packs/{}{rest}", pack.row.uid),
        is_on: tab == chosen,
        count,
        is_warning: tab == Tab::Findings,
    }
}
