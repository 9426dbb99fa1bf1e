//! Values for charts and manifests: whose they are, and whether a chart has what they set. palette.md 1.10, number 13.

use super::{Finding, Subject, rules, unread};
use crate::chart::Chart;
use crate::place::Place;
use crate::shown::shown;
use crate::values::{self, Values};
use crate::words::Words;
use crate::yaml::{Document, Mark, Node};

/// What stands under it is for the charts below a chart.
const GLOBAL: &str = "global";

pub(super) fn check(subject: &Subject<'_>, found: &mut Vec<Finding>) {
    let Some(values) = subject.values().filter(|values| values.root().is_map()) else { return };
    let strangers = strangers(subject, values);
    missing(subject, values, &strangers, found);
    for (chart, defaults) in subject.pack.charts.iter().zip(&subject.defaults).filter(|(chart, _)| chart.declared) {
        let written = values.root().get("charts").and_then(|charts| charts.get(&chart.name));
        if let Some(written) = written {
            unknown(chart, defaults.as_ref(), written, found);
        }
    }
}

fn at(mark: Mark) -> Place {
    Place::at(values::FILE, mark.line, mark.column)
}

/// The values of a declared chart stand under its name; where they do not, a section of no chart may be meant for it.
fn missing(subject: &Subject<'_>, values: &Values, strangers: &[Node<'_>], found: &mut Vec<Finding>) {
    let section = values.root().entry("charts");
    let has = |chart: &&Chart| section.is_some_and(|(_, charts)| charts.get(&chart.name).is_some());
    let lost: Vec<&Chart> = subject.pack.charts.iter().filter(|chart| chart.declared && !has(chart)).collect();
    for chart in &lost {
        let message = format!("there are no values for chart `{0}`: `charts.{0}` is missing", shown(&chart.name));
        let mark = section.map_or(values.root().mark(), |(key, _)| key.mark());
        let finding = Finding::new(&rules::CHART_KEY_MISSING, message).at(at(mark));
        found.push(match (strangers, lost.as_slice()) {
            ([stranger], [_]) => {
                let written = shown(stranger.text().unwrap_or_default());
                finding.hint(format!("did you mean `charts.{}` instead of `charts.{written}`?", shown(&chart.name)))
            }
            _ => finding,
        });
    }
    if lost.len() == 1 && strangers.len() == 1 {
        return;
    }
    let names: Vec<String> = subject.pack.charts.iter().map(|chart| format!("`{}`", shown(&chart.name))).collect();
    for stranger in strangers {
        let message = format!(
            "`charts.{}` is read by no chart: the pack has {}",
            shown(stranger.text().unwrap_or_default()),
            names.join(", ")
        );
        found.push(Finding::new(&rules::VALUES_OF_NO_CHART, message).at(at(stranger.mark())));
    }
}

/// Keys of `charts` that name no chart of the pack. A pack whose charts are not all known has none that is sure.
fn strangers<'a>(subject: &Subject<'_>, values: &'a Values) -> Vec<Node<'a>> {
    let pack = subject.pack;
    let declared = pack.charts.iter().filter(|chart| chart.declared).count();
    if declared == 0 || declared < pack.metadata.charts.len() {
        return Vec::new();
    }
    let is_chart = |key: &Node<'_>| pack.charts.iter().any(|chart| key.text() == Some(&chart.name));
    let keys = values.root().get("charts").into_iter().flat_map(Node::entries).map(|(key, _)| key);
    keys.filter(|key| key.text().is_some_and(|text| text != "<<") && !is_chart(key)).collect()
}

/// Values whose name occurs neither in the chart's own values nor in its templates.
fn unknown(chart: &Chart, defaults: Option<&Document>, written: Node<'_>, found: &mut Vec<Finding>) {
    let Some(defaults) = defaults.filter(|_| !chart.words.partial) else { return };
    let mut words = Words::default();
    words.read(chart.values.as_deref().unwrap_or_default());
    let is_read = |key: &str| [GLOBAL, "enabled"].contains(&key) || words.may_have(key) || chart.words.may_have(key);
    let path = format!("charts.{}", chart.name);
    let global = format!("{path}.{GLOBAL}.");
    let keys = unread::keys(written, Some(defaults.root()), &path, &is_read).into_iter();
    for (path, key) in keys.filter(|(path, _)| !path.starts_with(&global)) {
        let message =
            format!("chart `{}` {} has no value `{}`", shown(&chart.name), shown(&chart.version), shown(&path));
        found.push(Finding::new(&rules::VALUE_UNREAD, message).at(at(key.mark())));
    }
}
