//! Presets switched on and off in the text. palette.md 1.6 and 1.8: `remove` deletes paths, `add` is merged, and which
//! preset of which group is on stands in the comment that opens the file.

use super::layout::{Kind, Layout};
use super::lines;
use super::model::Model;
use super::path::Found;
use super::splice::{self, New};
use super::{EditError, checked, has_root, refuse_shared, remove, shared_below, with_body};
use crate::presets::Preset;
use crate::values::{ENABLED_PRESETS, enabled_presets};

/// Switches a preset on: removes its paths, merges what it adds, and names it in the comment, in the place of another of
/// its group.
pub fn apply(text: &str, preset: &Preset) -> Result<String, EditError> {
    let mut edited = text.to_owned();
    for path in &preset.remove {
        edited = match remove(&edited, path) {
            Err(EditError::Absent(_)) => edited,
            other => other?,
        };
    }
    let edited = with_body(&edited, |body| merge(body, preset))?;
    let edited = with_body(&edited, |body| Ok(enable(body, &preset.group, &preset.name)))?;
    // A name that a comment cannot hold, with a comma or a line end, would be read as something else.
    if !is_on(&edited, preset) || with_body(&edited, |body| Layout::of(body).map(|_| String::new())).is_err() {
        return Err(EditError::Unsafe(ENABLED_PRESETS.trim_end_matches(':').to_owned()));
    }
    Ok(edited)
}

fn is_on(text: &str, preset: &Preset) -> bool {
    enabled_presets(text).iter().any(|on| on.group == preset.group && on.preset == preset.name)
}

/// Switches a preset off. `without` is the text as it would be had the preset never been on: the pack's own values.yaml.
/// What the preset changed in it is taken back in `text`; whatever else differs stays.
pub fn unapply(text: &str, preset: &Preset, without: &str) -> Result<String, EditError> {
    if is_on(without, preset) {
        return Err(EditError::BuiltIn(preset.name.clone()));
    }
    let with = apply(without, preset)?;
    if with == text {
        return Ok(without.to_owned());
    }
    let comment = comment_line(text);
    let (base, target, current) = (body_lines(&with), body_lines(without), body_lines(text));
    let lines = lines::carry(&base, &target, &current)
        .map_err(|line| EditError::Conflict { preset: preset.name.clone(), line: line + 1 })?;
    let mut edited: Vec<String> = lines.into_iter().map(str::to_owned).collect();
    if let Some((at, line)) = comment {
        let others = enabled_presets(without).into_iter().find(|enabled| enabled.group == preset.group);
        let line = match others {
            Some(other) => Some(enable(line, &other.group, &other.preset)),
            None => disable(line, &preset.group, &preset.name),
        };
        if let Some(line) = line {
            edited.insert(at.min(edited.len()), line);
        }
    }
    let edited = edited.concat();
    Layout::of(edited.strip_prefix('\u{feff}').unwrap_or(&edited))?;
    Ok(edited)
}

/// Merges what the preset adds, one difference after the other: each changes the text and so the places in it.
fn merge(text: &str, preset: &Preset) -> Result<String, EditError> {
    let add = Layout::of(&preset.add)?;
    let Some(root) = add.root().filter(|root| !add.node(*root).is_absent()) else { return Ok(text.to_owned()) };
    let name = format!("preset {}", preset.name);
    let is_map = matches!(add.node(root).kind, Kind::Map { .. });
    if !is_map || add.nodes().any(|node| node.is_decorated() || node.scalar() == Some("<<")) {
        return Err(EditError::Unsafe(name));
    }
    let mut edited = text.to_owned();
    // Each round settles one entry of `add`.
    for _ in 0..=add.nodes().count() {
        let layout = Layout::of(&edited)?;
        match next_difference(&layout, &add, root, &name)? {
            Some(next) => edited = next,
            None => return Ok(edited),
        }
    }
    Err(EditError::Unsafe(name))
}

/// The text with the first entry of `add` that it lacks; None where it has all.
fn next_difference(
    layout: &Layout<'_>,
    add: &Layout<'_>,
    root: usize,
    name: &str,
) -> Result<Option<String>, EditError> {
    let mut expected = Model::of(layout);
    let Some(to) = layout.root().filter(|_| has_root(layout)) else {
        let Some((key, value)) = add.entries(root).first() else { return Ok(None) };
        let text = key_text(add, *key, name)?;
        expected.push_entry(add.node(*key).scalar().unwrap_or_default(), Model::of_node(add, *value));
        let new = New::Source { layout: add, key: *key, value: *value };
        return checked(name, splice::into_empty(layout, text, &new), &expected).map(Some);
    };
    let mut open = vec![(root, Found { trail: Vec::new(), nodes: vec![to], missing: Vec::new() })];
    while let Some((from, found)) = open.pop() {
        let to = *found.nodes.last().unwrap_or(&0);
        let mut deeper = Vec::new();
        for (key, value) in add.entries(from) {
            let new = New::Source { layout: add, key: *key, value: *value };
            let wanted = Model::of_node(add, *value);
            let name_of = add.node(*key).scalar().unwrap_or_default();
            let mut entries = layout.entries(to).iter().enumerate();
            let there = entries.rfind(|(_, (key, _))| layout.node(*key).scalar() == Some(name_of));
            let Some((index, (_, old))) = there else {
                refuse_shared(layout, &found, name)?;
                let text = key_text(add, *key, name)?;
                if let Some(map) = expected.at(&found.trail) {
                    map.push_entry(name_of, wanted);
                }
                return checked(name, splice::insert(layout, &found, text, &new), &expected).map(Some);
            };
            let mut found = found.clone();
            found.trail.push(index);
            found.nodes.push(*old);
            let both_maps = matches!(add.node(*value).kind, Kind::Map { .. })
                && matches!(&layout.node(*old).kind, Kind::Map { entries, .. } if !entries.is_empty());
            if both_maps {
                deeper.push((*value, found));
                continue;
            }
            let Some(model) = expected.at(&found.trail) else { return Err(EditError::Unsafe(name.to_owned())) };
            if model.same_value(&wanted) {
                continue;
            }
            refuse_shared(layout, &found, name)?;
            if let Some(mark) = shared_below(layout, *old) {
                return Err(EditError::Shared { path: name.to_owned(), mark });
            }
            *model = wanted;
            return checked(name, splice::replace(layout, &found, &new), &expected).map(Some);
        }
        open.extend(deeper.into_iter().rev());
    }
    Ok(None)
}

/// A key as it is written.
fn key_text<'a>(add: &Layout<'a>, key: usize, name: &str) -> Result<&'a str, EditError> {
    let colon = add.colon_end(key).ok_or_else(|| EditError::Unsafe(name.to_owned()))?;
    Ok(add.text[add.node(key).start..colon - 1].trim_end())
}

/// The line with the enabled-presets comment, and its number from 0.
fn comment_line(text: &str) -> Option<(usize, &str)> {
    let comments = text.split_inclusive('\n').enumerate().take_while(|(_, line)| {
        let line = line.trim_start_matches('\u{feff}').trim();
        line.is_empty() || line.starts_with('#')
    });
    comments.into_iter().find(|(_, line)| line.contains(ENABLED_PRESETS))
}

fn body_lines(text: &str) -> Vec<&str> {
    let comment = comment_line(text).map(|(at, _)| at);
    text.split_inclusive('\n').enumerate().filter(|(at, _)| Some(*at) != comment).map(|(_, line)| line).collect()
}

/// Names a preset in the comment, which is made where there is none.
fn enable(text: &str, group: &str, preset: &str) -> String {
    let item = format!("{group}:{preset}");
    let Some((at, line)) = comment_line(text) else {
        let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
        return format!("# {ENABLED_PRESETS} {item}{newline}{text}");
    };
    let (start, list) = line.split_once(ENABLED_PRESETS).unwrap_or((line, ""));
    let body = list.trim_end();
    let end = &list[body.len()..];
    let mut items: Vec<String> = body.split(',').map(str::to_owned).filter(|item| !item.trim().is_empty()).collect();
    match items.iter().position(|item| group_of(item) == group) {
        Some(own) => {
            let blanks = items[own].len() - items[own].trim_start().len();
            items[own].replace_range(blanks.., &item);
        }
        None if items.is_empty() => items.push(format!(" {item}")),
        None => items.push(item),
    }
    let line = format!("{start}{ENABLED_PRESETS}{}{end}", items.join(","));
    let before: usize = text.split_inclusive('\n').take(at).map(str::len).sum();
    let after = before + text[before..].split_inclusive('\n').next().map_or(0, str::len);
    format!("{}{line}{}", &text[..before], &text[after..])
}

/// The text whose comment does not name a preset any more; a comment that names none goes.
pub(crate) fn disabled(text: &str, group: &str, preset: &str) -> String {
    let Some((at, line)) = comment_line(text) else { return text.to_owned() };
    let before: usize = text.split_inclusive('\n').take(at).map(str::len).sum();
    let left = disable(line, group, preset);
    // A byte order mark stands in the first line, and stays.
    let mark = if line.starts_with('\u{feff}') && left.is_none() { "\u{feff}" } else { "" };
    format!("{}{mark}{}{}", &text[..before], left.unwrap_or_default(), &text[before + line.len()..])
}

/// The comment's line without a preset; None where nothing is left.
fn disable(line: &str, group: &str, preset: &str) -> Option<String> {
    let (start, list) = line.split_once(ENABLED_PRESETS)?;
    let body = list.trim_end();
    let own =
        |item: &&str| group_of(item) != group || item.rsplit_once(':').map(|(_, name)| name.trim()) != Some(preset);
    let items: Vec<&str> = body.split(',').filter(|item| !item.trim().is_empty()).filter(own).collect();
    let first = items.first()?;
    let space = if first.starts_with(' ') { "" } else { " " };
    Some(format!("{start}{ENABLED_PRESETS}{space}{}{}", items.join(","), &list[body.len()..]))
}

fn group_of(item: &str) -> &str {
    item.rsplit_once(':').map_or(item, |(group, _)| group).trim()
}
