//! A pack and what the rules read in it, each text parsed once.

use crate::pack::Pack;
use crate::values::{self, Values};
use crate::yaml::{self, Document, Node};

pub(super) struct Subject<'a> {
    pub(super) pack: &'a Pack,
    pub(super) parsed: Result<Values, yaml::Error>,
    /// What each preset adds, in the order of the presets.
    pub(super) added: Vec<Option<Values>>,
    /// The charts' own values, in the order of the charts.
    pub(super) defaults: Vec<Option<Document>>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(pack: &'a Pack) -> Self {
        let document = |text: &String| yaml::parse(text).ok();
        Self {
            pack,
            parsed: pack.parsed_values(),
            added: pack.presets.iter().map(|preset| Values::parse(&preset.add).ok()).collect(),
            defaults: pack.charts.iter().map(|chart| chart.values.as_ref().and_then(document)).collect(),
        }
    }

    /// values.yaml, where it is YAML.
    pub(super) fn values(&self) -> Option<&Values> {
        self.parsed.as_ref().ok()
    }

    /// Whether values.yaml or a preset has something at a path.
    pub(super) fn has_value(&self, path: &str) -> bool {
        self.values().into_iter().chain(self.added.iter().flatten()).any(|values| values.lookup(path).is_some())
    }

    /// As [`Subject::has_value`], or the chart whose values the path leads to has it by default.
    pub(super) fn has_value_or_default(&self, path: &str) -> bool {
        self.has_value(path)
            || self.declared_defaults().any(|(name, defaults)| {
                let inner = path.strip_prefix("charts.").and_then(|path| path.strip_prefix(name)?.strip_prefix('.'));
                inner.is_some_and(|inner| values::lookup_in(defaults, inner).is_some())
            })
    }

    /// The names of the declared charts, and what they have by default.
    pub(super) fn declared_defaults(&self) -> impl Iterator<Item = (&str, Node<'_>)> {
        let charts = self.pack.charts.iter().zip(&self.defaults).filter(|(chart, _)| chart.declared);
        charts.filter_map(|(chart, defaults)| Some((chart.name.as_str(), defaults.as_ref()?.root())))
    }
}
