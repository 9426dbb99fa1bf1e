//! What changed between two states of a profile, or between two versions of it.

use crate::model::{Labels, PackRef, Template};
use crate::variable_lines::side;
use crate::{Profile, Variable};
use std::collections::HashSet;

/// All of a version that a person changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub name: String,
    pub version: String,
    pub description: String,
    pub labels: Labels,
    pub variables: Vec<Variable>,
    pub template: Template,
}

impl Profile {
    /// As an editor shows it.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_of(self.current())
    }

    /// As it is used, where it was published.
    pub fn published_snapshot(&self) -> Option<Snapshot> {
        self.published.as_ref().map(|template| self.snapshot_of(template))
    }

    fn snapshot_of(&self, template: &Template) -> Snapshot {
        Snapshot {
            name: self.name.clone(),
            version: self.version.clone(),
            description: self.description.clone(),
            labels: self.labels.clone(),
            variables: self.variables.clone(),
            template: template.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
    Changed,
}

/// A text on both sides; empty where it was or is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextChange {
    pub name: String,
    pub change: Change,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerChange {
    pub name: String,
    /// What the layer was called, where that changed.
    pub old_name: Option<String>,
    pub layer: String,
    pub change: Change,
    /// The pack's version on each side; equal where that did not change.
    pub from: String,
    pub to: String,
    /// The pack comes from another registry, or its content is another one.
    pub is_other_pack: bool,
    pub values: Option<TextChange>,
    pub manifests: Vec<TextChange>,
}

/// Nothing in it: the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Name, version, description, tags.
    pub basics: Vec<TextChange>,
    /// In the order of the newer side, removed ones last.
    pub layers: Vec<LayerChange>,
    /// Layers that both sides have stand in another order.
    pub is_reordered: bool,
    /// Each variable as lines of text.
    pub variables: Vec<TextChange>,
}

impl Difference {
    pub fn between(old: &Snapshot, new: &Snapshot) -> Self {
        Self::hiding(old, new, &HashSet::new())
    }

    /// The same, with the variables of these names masked.
    pub(crate) fn hiding(old: &Snapshot, new: &Snapshot, secret: &HashSet<String>) -> Self {
        let (before, after) = (places(&old.template), places(&new.template));
        let before = renamed(before, &after);
        let find = |side: &[(String, &PackRef)], place: &str| side.iter().position(|(name, _)| name == place);
        let mut layers = Vec::new();
        let mut kept = Vec::new();
        for (place, pack) in &after {
            match find(&before, place) {
                None => layers.push(lone(pack, Change::Added)),
                Some(at) => {
                    kept.push(at);
                    layers.extend(changed(before[at].1, pack));
                }
            }
        }
        let removed = before.iter().filter(|(place, _)| find(&after, place).is_none());
        layers.extend(removed.map(|(_, pack)| lone(pack, Change::Removed)));
        Self {
            basics: basics(old, new),
            layers,
            is_reordered: kept.windows(2).any(|pair| pair[0] > pair[1]),
            variables: texts(
                &side(&old.variables, &new.variables, false, secret),
                &side(&new.variables, &old.variables, true, secret),
            ),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// In a few words, each a change: `Vault Keeper 1.0.0 → 1.1.0`, `values of Loki Ring`.
    pub fn summary(&self) -> Vec<String> {
        let word = |change: Change, what: String| match change {
            Change::Added => format!("{what} added"),
            Change::Removed => format!("{what} removed"),
            Change::Changed => format!("{what} changed"),
        };
        let mut said: Vec<String> =
            self.basics.iter().map(|change| format!("{} changed", change.name.to_lowercase())).collect();
        for layer in &self.layers {
            let name = &layer.name;
            match layer.change {
                Change::Changed if layer.from != layer.to => {
                    said.push(format!("{name} {} → {}", layer.from, layer.to));
                }
                Change::Changed if layer.is_other_pack => said.push(format!("{name} from another place")),
                Change::Changed => {}
                change => said.push(word(change, name.clone())),
            }
            said.extend(layer.old_name.iter().map(|old| format!("{old} renamed to {name}")));
            if layer.change == Change::Changed {
                said.extend(layer.values.iter().map(|_| format!("values of {name} changed")));
                said.extend(layer.manifests.iter().map(|m| word(m.change, format!("manifest {} of {name}", m.name))));
            }
        }
        if self.is_reordered {
            said.push("order of the layers changed".to_owned());
        }
        said.extend(self.variables.iter().map(|variable| word(variable.change, format!("variable {}", variable.name))));
        said
    }
}

/// Each layer with a name of its own: a pack may stand twice in a profile.
fn places(template: &Template) -> Vec<(String, &PackRef)> {
    let packs = &template.packs;
    let nth = |at: usize| packs[..at].iter().filter(|earlier| earlier.name == packs[at].name).count();
    packs.iter().enumerate().map(|(at, pack)| (format!("{}/{}", pack.name, nth(at)), pack)).collect()
}

/// Gives a layer of manifests that is called otherwise now the place of its newer self, by which both are found.
fn renamed<'a>(mut before: Vec<(String, &'a PackRef)>, after: &[(String, &PackRef)]) -> Vec<(String, &'a PackRef)> {
    let is_new = |place: &str| !before.iter().any(|(known, _)| known == place);
    let mut new: Vec<_> = after.iter().filter(|(place, _)| is_new(place)).collect();
    for (place, old) in &mut before {
        if after.iter().any(|(known, _)| known == place) {
            continue;
        }
        if let Some(at) = new.iter().position(|(_, pack)| is_layer(old, pack)) {
            place.clone_from(&new.remove(at).0);
        }
    }
    before
}

/// Whether both are one layer of manifests, whatever it is called: its uid is its own, that of a pack is the pack's.
fn is_layer(old: &PackRef, new: &PackRef) -> bool {
    old.own_uid().is_some() && old.own_uid() == new.own_uid()
}

fn version(pack: &PackRef) -> &str {
    if pack.version.is_empty() { &pack.tag } else { &pack.version }
}

fn lone(pack: &PackRef, change: Change) -> LayerChange {
    let text = |added: bool| if added == (change == Change::Added) { pack.values.clone() } else { String::new() };
    let own = version(pack).to_owned();
    LayerChange {
        name: pack.name.clone(),
        old_name: None,
        layer: pack.layer.clone(),
        change,
        from: own.clone(),
        to: own,
        is_other_pack: false,
        values: Some(TextChange { name: "values".to_owned(), change, from: text(false), to: text(true) }),
        manifests: Vec::new(),
    }
}

fn changed(old: &PackRef, new: &PackRef) -> Option<LayerChange> {
    let manifests = |pack: &PackRef| -> Vec<(String, String)> {
        pack.manifests.iter().map(|manifest| (manifest.name.clone(), manifest.content.clone())).collect()
    };
    let found = LayerChange {
        name: new.name.clone(),
        old_name: (old.name != new.name).then(|| old.name.clone()),
        layer: new.layer.clone(),
        change: Change::Changed,
        from: version(old).to_owned(),
        to: version(new).to_owned(),
        is_other_pack: old.registry_uid != new.registry_uid || old.digest != new.digest,
        values: (old.values != new.values).then(|| TextChange {
            name: "values".to_owned(),
            change: Change::Changed,
            from: old.values.clone(),
            to: new.values.clone(),
        }),
        manifests: texts(&manifests(old), &manifests(new)),
    };
    let has_same_texts = found.values.is_none() && found.manifests.is_empty();
    let is_same = found.from == found.to && !found.is_other_pack && found.old_name.is_none() && has_same_texts;
    (!is_same).then_some(found)
}

fn basics(old: &Snapshot, new: &Snapshot) -> Vec<TextChange> {
    let fields = |side: &Snapshot| {
        let tags: Vec<String> = side.labels.iter().map(|(key, value)| format!("{key}:{value}\n")).collect();
        vec![
            ("Name".to_owned(), side.name.clone()),
            ("Version".to_owned(), side.version.clone()),
            ("Description".to_owned(), side.description.clone()),
            ("Tags".to_owned(), tags.concat()),
        ]
    };
    texts(&fields(old), &fields(new))
}

/// By name, in the order of the newer side, removed ones last.
fn texts(old: &[(String, String)], new: &[(String, String)]) -> Vec<TextChange> {
    fn text<'a>(side: &'a [(String, String)], name: &str) -> Option<&'a str> {
        side.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
    let removed = old.iter().filter(|(name, _)| text(new, name).is_none());
    let names = new.iter().chain(removed).map(|(name, _)| name);
    names
        .filter_map(|name| {
            let (from, to) = (text(old, name), text(new, name));
            let change = match (from, to) {
                (Some(from), Some(to)) if from == to => return None,
                (Some(_), Some(_)) => Change::Changed,
                (None, _) => Change::Added,
                (_, None) => Change::Removed,
            };
            let owned = |text: Option<&str>| text.unwrap_or_default().to_owned();
            Some(TextChange { name: name.clone(), change, from: owned(from), to: owned(to) })
        })
        .collect()
}

#[cfg(test)]
mod tests;
