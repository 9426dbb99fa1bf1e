//! Which packs a question means. Pure functions over what the snapshot keeps.

use crate::snapshot::{Entry, Facts};
use crate::{Field, Filter, Op, PackSearch, PackState, TextMatch};
use packyard_pack::version::compare_releases;
use std::cmp::Ordering;

/// The filters of a search that have a facet; counting one leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Facet {
    Registry,
    Layer,
    AddonType,
    Cloud,
    State,
    Kind,
}

impl Facet {
    pub(crate) const ALL: [Self; 6] =
        [Self::Registry, Self::Layer, Self::AddonType, Self::Cloud, Self::State, Self::Kind];
}

/// No states asked for: all but disabled ones.
pub(crate) fn in_states(facts: &Facts, states: &[PackState]) -> bool {
    if states.is_empty() { facts.state != PackState::Disabled } else { states.contains(&facts.state) }
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
        self.one_of(Field::RegistryUid).map(<[String]>::to_vec).unwrap_or_default()
    }

    /// The names that a match must have, when the filter says so at its top.
    pub(crate) fn names(&self) -> Option<&[String]> {
        self.one_of(Field::Name)
    }

    /// The uids that a match must have, when the filter says so at its top.
    pub(crate) fn uids(&self) -> Option<&[String]> {
        self.one_of(Field::Uid)
    }

    fn one_of(&self, wanted: Field) -> Option<&[String]> {
        match self {
            Self::Is { field, op: Op::Eq | Op::In, values } if *field == wanted && !values.is_empty() => Some(values),
            Self::All(parts) => parts.iter().find_map(|part| part.one_of(wanted)),
            Self::Any(parts) => match parts.as_slice() {
                [only] => only.one_of(wanted),
                _ => None,
            },
            Self::Is { .. } => None,
        }
    }

    /// The same with the values of display names in lower case, as they are compared.
    pub(crate) fn folded(&self) -> Self {
        match self {
            Self::All(parts) => Self::All(parts.iter().map(Self::folded).collect()),
            Self::Any(parts) => Self::Any(parts.iter().map(Self::folded).collect()),
            Self::Is { field: Field::DisplayName, op, values } => Self::Is {
                field: Field::DisplayName,
                op: *op,
                values: values.iter().map(|value| value.to_lowercase()).collect(),
            },
            other => other.clone(),
        }
    }
}

fn is(entry: &Entry, field: Field, op: Op, values: &[String]) -> bool {
    let facts = &*entry.facts;
    let text = |own: &str| values.iter().any(|value| holds(own.cmp(value), op));
    match field {
        Field::Uid => text(&entry.uid.text()),
        Field::Name => text(&facts.name),
        Field::DisplayName => text(&facts.display_folded),
        Field::Version => values.iter().any(|value| compare_version(&entry.version, op, value)),
        Field::Layer => text(&facts.layer),
        Field::RegistryUid => text(&facts.registry_uid),
        Field::AddonType => text(&facts.addon_type),
        Field::AddonSubType => text(&facts.addon_sub_type),
        Field::Type if op == Op::Ne => !values.iter().any(|value| facts.kind.is_of_type(value)),
        Field::Type => values.iter().any(|value| facts.kind.is_of_type(value)),
        Field::Digest => text(&entry.digest.text()),
        Field::State => text(facts.state.as_str()),
        Field::CloudTypes if op == Op::Ne => {
            !facts.cloud_types.iter().any(|own| values.iter().any(|value| **own == **value))
        }
        Field::CloudTypes => facts.cloud_types.iter().any(|own| text(own)),
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

/// Equality is of the text: `1.5` and `1.5.0` are two packs. Order is by meaning.
fn compare_version(own: &str, op: Op, value: &str) -> bool {
    match op {
        Op::Eq | Op::In => own == value,
        Op::Ne => own != value,
        _ => holds(compare_releases(own, value), op),
    }
}

impl TextMatch {
    pub(crate) fn matches(&self, own: &str) -> bool {
        let given = |value: &Option<String>| value.as_deref().is_some_and(|value| !value.is_empty());
        if ![&self.eq, &self.ne, &self.contains, &self.begins_with].into_iter().any(given) {
            return true;
        }
        let fold = |text: &str| if self.ignore_case { text.to_lowercase() } else { text.to_owned() };
        let own = fold(own);
        let given = |value: &Option<String>| value.as_deref().filter(|v| !v.is_empty()).map(fold);
        given(&self.eq).is_none_or(|v| own == v)
            && given(&self.ne).is_none_or(|v| own != v)
            && given(&self.contains).is_none_or(|v| own.contains(&v))
            && given(&self.begins_with).is_none_or(|v| own.starts_with(&v))
    }

    /// The one text that matches, if that is what is asked for.
    pub(crate) fn only(&self) -> Option<&str> {
        self.eq.as_deref().filter(|text| !text.is_empty() && !self.ignore_case)
    }
}

/// How a version stands to a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    Yes,
    /// All holds but what is asked of this one facet.
    But(Facet),
    No,
}

impl PackSearch {
    /// All but the words of `text`, which are looked for elsewhere.
    pub(crate) fn fit(&self, facts: &Facts) -> Fit {
        let any = |wanted: &[String], own: &str| wanted.is_empty() || wanted.iter().any(|value| value == own);
        let cloud = |wanted: &String| wanted == "all" || facts.supports_cloud(wanted);
        let others = !facts.is_gone
            && (self.types.is_empty() || self.types.iter().any(|wanted| facts.kind.is_of_type(wanted)))
            && any(&self.addon_sub_types, &facts.addon_sub_type)
            && any(&self.sources, facts.annotation("source").unwrap_or_default())
            && self.name.matches(&facts.name)
            && self.display_name.matches(&facts.display_name);
        if !others {
            return Fit::No;
        }
        let holds = |facet: &Facet| match facet {
            Facet::State => in_states(facts, &self.states),
            Facet::Registry => any(&self.registry_uids, &facts.registry_uid),
            Facet::Layer => any(&self.layers, &facts.layer),
            Facet::AddonType => any(&self.addon_types, &facts.addon_type),
            Facet::Kind => self.charts.is_none_or(|charts| charts == facts.kind.is_chart()),
            Facet::Cloud => self.environments.is_empty() || self.environments.iter().any(cloud),
        };
        let mut failed = Facet::ALL.into_iter().filter(|facet| !holds(facet));
        match (failed.next(), failed.next()) {
            (None, _) => Fit::Yes,
            (Some(one), None) => Fit::But(one),
            _ => Fit::No,
        }
    }
}
