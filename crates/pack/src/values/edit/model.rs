//! What a YAML text says, without how it is written: to check that an edit changed what it should and nothing else.

use super::layout::{Kind, Layout};
use super::render;
use saphyr_parser::ScalarStyle;
use serde_json::Value;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) anchor: usize,
    pub(super) tag: Option<String>,
    pub(super) data: Data,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// The text, and whether it is a string however it is read.
    Scalar(String, bool),
    Alias(usize),
    Seq(Vec<Model>),
    Map(Vec<(Model, Model)>),
}

impl Model {
    fn plain(data: Data) -> Self {
        Self { anchor: 0, tag: None, data }
    }

    pub(super) fn null() -> Self {
        Self::plain(Data::Scalar(String::new(), false))
    }

    pub(super) fn string(text: &str) -> Self {
        Self::plain(Data::Scalar(text.to_owned(), true))
    }

    /// The whole text; an empty one is null.
    pub(super) fn of(layout: &Layout<'_>) -> Self {
        layout.root().map_or_else(Self::null, |root| Self::of_node(layout, root))
    }

    pub(super) fn of_node(layout: &Layout<'_>, id: usize) -> Self {
        let node = layout.node(id);
        let data = match &node.kind {
            Kind::Scalar { text, style } => {
                Data::Scalar(text.clone(), *style != ScalarStyle::Plain || render::is_plain_string(text))
            }
            Kind::Alias(anchor) => Data::Alias(*anchor),
            Kind::Seq { items, .. } => Data::Seq(items.iter().map(|item| Self::of_node(layout, *item)).collect()),
            Kind::Map { entries, .. } => Data::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Self::of_node(layout, *key), Self::of_node(layout, *value)))
                    .collect(),
            ),
        };
        Self { anchor: node.anchor, tag: node.tag.clone(), data }
    }

    pub(super) fn of_json(value: &Value) -> Self {
        Self::plain(match value {
            Value::String(text) => Data::Scalar(text.clone(), true),
            Value::Array(items) => Data::Seq(items.iter().map(Self::of_json).collect()),
            Value::Object(map) => {
                Data::Map(map.iter().map(|(key, value)| (Self::string(key), Self::of_json(value))).collect())
            }
            other => Data::Scalar(other.to_string(), false),
        })
    }

    /// The value at a trail of entry and item numbers.
    pub(super) fn at(&mut self, trail: &[usize]) -> Option<&mut Self> {
        trail.iter().try_fold(self, |model, index| match &mut model.data {
            Data::Seq(items) => items.get_mut(*index),
            Data::Map(entries) => entries.get_mut(*index).map(|(_, value)| value),
            _ => None,
        })
    }

    pub(super) fn push_entry(&mut self, key: &str, value: Self) {
        match &mut self.data {
            Data::Map(entries) => entries.push((Self::string(key), value)),
            _ => *self = Self::plain(Data::Map(vec![(Self::string(key), value)])),
        }
    }

    pub(super) fn push_item(&mut self, value: Self) {
        match &mut self.data {
            Data::Seq(items) => items.push(value),
            _ => *self = Self::plain(Data::Seq(vec![value])),
        }
    }

    pub(super) fn remove(&mut self, index: usize) {
        match &mut self.data {
            Data::Seq(items) if index < items.len() => drop(items.remove(index)),
            Data::Map(entries) if index < entries.len() => drop(entries.remove(index)),
            _ => {}
        }
    }

    /// The same but for anchors, of which new values have none.
    pub(super) fn same_value(&self, other: &Self) -> bool {
        self.tag == other.tag && self.data == other.data
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.data {
            Data::Seq(items) => items.is_empty(),
            Data::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}
