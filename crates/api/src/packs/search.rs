//! `POST /v1/packs/search`.

use super::shape::PackMetadata;
use super::states;
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Payload, Reply};
use crate::error::ApiError;
use crate::meta::Page;
use crate::page::Query;
use axum::extract::State;
use packyard_catalog::{OrderBy, PackSearch, TextMatch, Wait};
use serde::Deserialize;
use utoipa::ToSchema;

/// What the Terraform provider sends to mean "of any type". Packs have other types too, so the whole list is none.
const ANY_ADDON_TYPE: [&str; 14] = [
    "load balancer",
    "ingress",
    "logging",
    "monitoring",
    "security",
    "authentication",
    "servicemesh",
    "system app",
    "app services",
    "registry",
    "csi",
    "cni",
    "integration",
    "",
];

#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct PacksFilterSpec {
    #[serde(default)]
    filter: PackFilterSpec,
    #[serde(default)]
    sort: Vec<PackSortSpec>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackFilterSpec {
    #[serde(default)]
    add_on_type: Vec<String>,
    #[serde(default)]
    add_on_sub_type: Vec<String>,
    #[serde(default)]
    name: FilterString,
    #[serde(default)]
    display_name: FilterString,
    /// Clouds; `all` matches every pack.
    #[serde(default)]
    environment: Vec<String>,
    /// Packs do not say whether they are FIPS compliant, so `true` is refused.
    #[serde(default)]
    is_fips: bool,
    #[serde(default)]
    layer: Vec<String>,
    #[serde(default)]
    registry_uid: Vec<String>,
    #[serde(default)]
    source: Vec<String>,
    #[serde(default)]
    state: Vec<String>,
    #[serde(default)]
    r#type: Vec<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FilterString {
    #[serde(default)]
    eq: Option<String>,
    #[serde(default)]
    ne: Option<String>,
    #[serde(default)]
    contains: Option<String>,
    #[serde(default)]
    begins_with: Option<String>,
    /// True when absent.
    #[serde(default)]
    ignore_case: Option<bool>,
}

impl FilterString {
    pub(crate) fn matches(&self, text: &str) -> bool {
        let fold = |text: &str| if self.ignore_case.unwrap_or(true) { text.to_lowercase() } else { text.to_owned() };
        let text = fold(text);
        let holds = |wanted: &Option<String>, test: fn(&str, &str) -> bool| {
            wanted.as_deref().is_none_or(|wanted| test(&text, &fold(wanted)))
        };
        holds(&self.eq, |text, wanted| text == wanted)
            && holds(&self.ne, |text, wanted| text != wanted)
            && holds(&self.contains, |text, wanted| text.contains(wanted))
            && holds(&self.begins_with, |text, wanted| text.starts_with(wanted))
    }
}

impl From<FilterString> for TextMatch {
    fn from(filter: FilterString) -> Self {
        Self {
            eq: filter.eq,
            ne: filter.ne,
            contains: filter.contains,
            begins_with: filter.begins_with,
            ignore_case: filter.ignore_case.unwrap_or(true),
        }
    }
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PackSortSpec {
    field: PackSortField,
    #[serde(default)]
    order: SortOrder,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum PackSortField {
    Name,
    Type,
    Layer,
    AddOnType,
    DisplayName,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SortOrder {
    #[default]
    Asc,
    Desc,
}

impl From<PackSortSpec> for (OrderBy, bool) {
    fn from(sort: PackSortSpec) -> Self {
        let field = match sort.field {
            PackSortField::Name => OrderBy::Name,
            PackSortField::Type => OrderBy::Type,
            PackSortField::Layer => OrderBy::Layer,
            PackSortField::AddOnType => OrderBy::AddonType,
            PackSortField::DisplayName => OrderBy::DisplayName,
        };
        (field, sort.order == SortOrder::Asc)
    }
}

pub(super) async fn search(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
    Payload(body): Payload<PacksFilterSpec>,
) -> Result<Reply<Page<PackMetadata>>, ApiError> {
    let window = query.window()?;
    let filter = body.filter;
    if filter.is_fips {
        let text = "packs do not say whether they are FIPS compliant, so filter.isFips cannot be true";
        return Err(ApiError::bad_request("InvalidFilter", text));
    }
    let wanted = PackSearch {
        name: filter.name.into(),
        display_name: filter.display_name.into(),
        types: filter.r#type,
        layers: filter.layer,
        addon_types: addon_types(filter.add_on_type),
        addon_sub_types: filter.add_on_sub_type,
        environments: filter.environment,
        registry_uids: filter.registry_uid,
        sources: filter.source,
        states: states(filter.state.iter().map(String::as_str))?,
        order: body.sort.into_iter().map(Into::into).collect(),
        offset: window.offset,
        limit: window.limit,
        wait: Wait::FirstSync,
        ..PackSearch::default()
    };
    let found = state.catalog.search(&caller, &wanted).await?;
    let listmeta = window.meta(found.items.len(), found.total);
    Ok(Reply(Page { items: found.items.into_iter().map(PackMetadata::from).collect(), listmeta }))
}

fn addon_types(asked: Vec<String>) -> Vec<String> {
    let is_any = ANY_ADDON_TYPE.iter().all(|known| asked.iter().any(|given| given == known));
    if is_any { Vec::new() } else { asked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_list_of_addon_types_means_any() {
        let whole: Vec<String> = ANY_ADDON_TYPE.iter().map(|kind| (*kind).to_owned()).collect();
        assert!(addon_types(whole).is_empty());
        assert_eq!(addon_types(vec!["ai".to_owned(), String::new()]), ["ai", ""]);
    }
}
