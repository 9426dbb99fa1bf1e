//! Hand-written Kubernetes manifests: what can be said of one before any cluster sees it.

use crate::model::Template;
use crate::{Error, Result};
use packyard_pack::yaml::{self, Node};

/// Something about a manifest, at a place in its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFault {
    /// From 1, as `column`.
    pub line: usize,
    pub column: usize,
    /// No cluster would take it; else it is odd.
    pub is_error: bool,
    pub message: String,
}

/// All that is wrong or odd with a manifest, of one document or of several.
pub fn manifest_faults(text: &str) -> Vec<ManifestFault> {
    let plain = without_macros(text);
    documents(&plain).into_iter().flat_map(|(first_line, document)| faults_of(&document, first_line)).collect()
}

/// Faults of one document that begins at this line of the whole.
fn faults_of(text: &str, first_line: usize) -> Vec<ManifestFault> {
    let fault = |mark: yaml::Mark, is_error, message: String| ManifestFault {
        line: first_line + mark.line - 1,
        column: mark.column,
        is_error,
        message,
    };
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(error) => return vec![fault(error.mark, true, format!("the manifest is not YAML: {}", error.message))],
    };
    let root = document.root();
    if root.is_null() {
        return Vec::new();
    }
    let mut found: Vec<ManifestFault> = document
        .duplicates
        .iter()
        .map(|(key, mark)| fault(*mark, false, format!("`{key}` stands twice in this map; the later one wins")))
        .collect();
    if !root.is_map() {
        let message = "this is no Kubernetes object: it is no map with `apiVersion` and `kind`";
        found.push(fault(root.mark(), true, message.to_owned()));
        return found;
    }
    let missing = missing(root);
    if !missing.is_empty() {
        let message = format!("a Kubernetes object needs {}, which this one has not", missing.join(", "));
        found.push(fault(root.mark(), false, message));
    }
    found
}

/// What every Kubernetes object has, and this one has not; a list of objects has no name of its own.
fn missing(object: Node<'_>) -> Vec<&'static str> {
    let has = |node: Option<Node<'_>>| node.is_some_and(|node| !node.is_null());
    let metadata = object.get("metadata");
    let is_named = ["name", "generateName"].into_iter().any(|key| has(metadata.and_then(|metadata| metadata.get(key))));
    let is_list = object.get("items").is_some();
    [
        ("`apiVersion`", has(object.get("apiVersion"))),
        ("`kind`", has(object.get("kind"))),
        ("`metadata.name`", is_named || is_list),
    ]
    .into_iter()
    .filter_map(|(name, is_there)| (!is_there).then_some(name))
    .collect()
}

/// Each document with the line of the whole text that it begins at.
fn documents(text: &str) -> Vec<(usize, String)> {
    let mut found = vec![(1, String::new())];
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let content = line.trim_end_matches(['\n', '\r']);
        let rest = content.strip_prefix("---").filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']));
        if rest.is_some() {
            found.push((at + 1, String::new()));
        }
        if let Some((_, document)) = found.last_mut() {
            match rest {
                Some(_) => document.push_str(&line.replacen("---", "   ", 1)),
                None => document.push_str(line),
            }
        }
    }
    found
}

/// The text with macros blotted out, in places of their own length: they are resolved before anybody reads the YAML.
/// A line that is nothing but a macro becomes empty.
fn without_macros(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(length) = rest[open..].find("}}") else { break };
        let end = open + length + "}}".len();
        out.push_str(&rest[..open]);
        let begins_line = out.rsplit('\n').next().unwrap_or_default().trim().is_empty();
        let ends_line = rest[end..].split('\n').next().unwrap_or_default().trim().is_empty();
        let blot = if begins_line && ends_line { ' ' } else { 'x' };
        out.extend(rest[open..end].chars().map(|c| if matches!(c, '\n' | '\r') { c } else { blot }));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

/// Refuses a manifest that is too long. One that was in the profile before stays.
pub(crate) fn bounded(template: &Template, before: &Template, limit: u64) -> Result<()> {
    let was_there =
        |content: &str| before.packs.iter().flat_map(|pack| &pack.manifests).any(|old| old.content == content);
    for pack in &template.packs {
        for manifest in &pack.manifests {
            let size = manifest.content.len() as u64;
            if size > limit && !was_there(&manifest.content) {
                let (name, layer) = (&manifest.name, &pack.name);
                return Err(Error::invalid(
                    "manifests",
                    format!(
                        "manifest {name} of {layer} has {size} bytes, and {limit} is the most. Split it into several \
                         manifests, or raise the limit `profile_manifest_bytes`"
                    ),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

    fn told(text: &str) -> Vec<(usize, bool, String)> {
        manifest_faults(text).into_iter().map(|fault| (fault.line, fault.is_error, fault.message)).collect()
    }

    #[test]
    fn objects_alone_in_lists_and_one_after_another_are_sound() {
        let several = format!("# note\n---\n{OBJECT}---\n{OBJECT}--- # last\n{OBJECT}");
        let list = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: X\n";
        let generated = "apiVersion: v1\nkind: Job\nmetadata: { generateName: x- }\n";
        for text in ["", "---\n", OBJECT, &several, list, generated] {
            assert_eq!(told(text), [], "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line_in_the_whole_text() {
        let broken = told(&format!("{OBJECT}---\nkind: \"x\nb: 1\n"));
        assert_eq!(broken.len(), 1, "{broken:?}");
        assert!(broken[0].0 >= 6 && broken[0].1 && broken[0].2.contains("not YAML"), "{broken:?}");
        let bare = told(&format!("{OBJECT}---\n\nkind: Pod\n"));
        let text = "a Kubernetes object needs `apiVersion`, `metadata.name`, which this one has not";
        assert_eq!(bare, [(7, false, text.to_owned())]);
        let list = told("- a\n- b\n");
        assert!(list.len() == 1 && list[0].1 && list[0].2.contains("no Kubernetes object"), "{list:?}");
        let twice = told(&format!("{OBJECT}kind: Other\n"));
        assert_eq!((twice[0].0, twice[0].1), (5, false));
    }

    #[test]
    fn macros_are_no_yaml_and_do_not_disturb_it() {
        let text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .spectro.var.name }}\n  labels:\n    \
                    {{- if eq .spectro.system.cloud.type \"aws\" }}\n    zone: '{{ index \"it's\" }}-x'\n    {{- end }}\n";
        assert_eq!(told(text), []);
        assert_eq!(told(&format!("{OBJECT}data: {{ a: {{ b: 1 }}}}\n")), [], "flow maps stay");
    }
}
