//! Which packs a question means. Pure functions over snapshot entries.

use crate::snapshot::Entry;
use crate::{Field, Filter, Op, OrderBy, PackRow, PackSearch, PackState, TextMatch};
use packyard_pack::LooseVersion;
use std::cmp::Ordering;

/// The filters of a search that have a facet; counting one leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facet {
    Registry,
    Layer,
    AddonType,
    Cloud,
    State,
    Kind,
}

/// No states asked for: all but disabled ones.
pub(crate) fn in_states(row: &PackRow, states: &[PackState]) -> bool {
    if states.is_empty() { row.state != PackState::Disabled } else { states.contains(&row.state) }
}

impl Filter {
    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(entry)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(entry)),
            Self::Is { field, op, values } => is(entry, *field, *op, values),
        }
    }

    /// The registries that a match must be in, when the filter says so at its top.
    pub(crate) fn registries(&self) -> Vec<String> {
        match self {
            Self::Is { field: Field::RegistryUid, op: Op::Eq | Op::In, values } => values.clone(),
            Self::All(parts) => parts.iter().map(Self::registries).find(|uids| !uids.is_empty()).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

fn is(entry: &Entry, field: Field, op: Op, values: &[String]) -> bool {
    let row = &entry.row;
    let text = |own: &str| values.iter().any(|value| compare_text(own, op, value));
    match field {
        Field::Uid => text(&row.uid),
        Field::Name => text(&row.name),
        Field::DisplayName => {
            let own = row.display_name.to_lowercase();
            values.iter().any(|value| compare_text(&own, op, &value.to_lowercase()))
        }
        Field::Version => values.iter().any(|value| compare_version(&entry.version, op, value)),
        Field::Layer => text(&row.layer),
        Field::RegistryUid => text(&row.registry_uid),
        Field::AddonType => text(&row.addon_type),
        Field::AddonSubType => text(&row.addon_sub_type),
        Field::Type if op == Op::Ne => !values.iter().any(|value| row.kind.is_of_type(value)),
        Field::Type => values.iter().any(|value| row.kind.is_of_type(value)),
        Field::Digest => text(&row.digest),
        Field::State => text(row.state.as_str()),
        Field::CloudTypes if op == Op::Ne => !row.cloud_types.iter().any(|own| values.contains(own)),
        Field::CloudTypes => row.cloud_types.iter().any(|own| text(own)),
    }
}

fn holds(order: Ordering, op: Op) -> bool {
    match op {
        Op::Eq | Op::In => order.is_eq(),
        Op::Ne => order.is_ne(),
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
    }
}

fn compare_text(own: &str, op: Op, value: &str) -> bool {
    holds(own.cmp(value), op)
}

/// Equality is of the text: `1.5` and `1.5.0` are two packs. Order is by meaning.
fn compare_version(own: &LooseVersion, op: Op, value: &str) -> bool {
    match op {
        Op::Eq | Op::In => own.as_str() == value,
        Op::Ne => own.as_str() != value,
        _ => holds(own.cmp_release(&LooseVersion::new(value)), op),
    }
}

impl TextMatch {
    pub(crate) fn matches(&self, own: &str) -> bool {
        let fold = |text: &str| if self.ignore_case { text.to_lowercase() } else { text.to_owned() };
        let own = fold(own);
        let given = |value: &Option<String>| value.as_deref().filter(|v| !v.is_empty()).map(fold);
        given(&self.eq).is_none_or(|v| own == v)
            && given(&self.ne).is_none_or(|v| own != v)
            && given(&self.contains).is_none_or(|v| own.contains(&v))
            && given(&self.begins_with).is_none_or(|v| own.starts_with(&v))
    }
}

impl PackSearch {
    /// All but the words of `text`, which the database looks for.
    pub(crate) fn matches(&self, entry: &Entry, without: Option<Facet>) -> bool {
        let row = &entry.row;
        let any = |wanted: &[String], own: &str| wanted.is_empty() || wanted.iter().any(|value| value == own);
        let cloud = |wanted: &String| wanted == "all" || row.supports_cloud(wanted);
        let unless = |facet, holds: bool| without == Some(facet) || holds;
        !row.is_gone
            && unless(Facet::State, in_states(row, &self.states))
            && unless(Facet::Registry, any(&self.registry_uids, &row.registry_uid))
            && unless(Facet::Layer, any(&self.layers, &row.layer))
            && unless(Facet::AddonType, any(&self.addon_types, &row.addon_type))
            && unless(Facet::Cloud, self.environments.is_empty() || self.environments.iter().any(cloud))
            && (self.types.is_empty() || self.types.iter().any(|wanted| row.kind.is_of_type(wanted)))
            && unless(Facet::Kind, self.charts.is_none_or(|charts| charts == row.kind.is_chart()))
            && any(&self.addon_sub_types, &row.addon_sub_type)
            && any(&self.sources, row.annotations.get("source").map_or("", String::as_str))
            && self.name.matches(&row.name)
            && self.display_name.matches(&row.display_name)
    }
}

/// By the asked fields in turn; what is equal keeps its place.
pub(crate) fn order(a: &Entry, b: &Entry, by: &[(OrderBy, bool)]) -> Ordering {
    by.iter().fold(Ordering::Equal, |so_far, (field, ascending)| {
        so_far.then_with(|| {
            let order = match field {
                OrderBy::Name => a.row.name.cmp(&b.row.name),
                OrderBy::DisplayName => a.row.display_name.to_lowercase().cmp(&b.row.display_name.to_lowercase()),
                OrderBy::Version => a.version.cmp(&b.version),
                OrderBy::Layer => a.row.layer.cmp(&b.row.layer),
                OrderBy::AddonType => a.row.addon_type.cmp(&b.row.addon_type),
                OrderBy::Updated => a.row.updated_ms.cmp(&b.row.updated_ms),
                OrderBy::Type => a.row.kind.type_name().cmp(b.row.kind.type_name()),
            };
            if *ascending { order } else { order.reverse() }
        })
    })
}
