//! Reads the XML of AWS's query protocol, single values or the whole. Element names are compared without namespace; the first
//! element of a name counts. Entities are the five of XML; a DTD is an error.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

/// The texts of the named elements, in the order asked for; `None` when `body` is not well-formed.
pub(crate) fn texts(body: &[u8], names: &[&str]) -> Option<Vec<Option<String>>> {
    let mut reader = Reader::from_reader(body);
    let mut found: Vec<Option<String>> = vec![None; names.len()];
    let mut open: Option<(usize, String)> = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                let local = element.local_name();
                let at = names.iter().position(|name| name.as_bytes() == local.as_ref());
                open = at.filter(|at| found[*at].is_none()).map(|at| (at, String::new()));
            }
            Event::Text(text) => {
                if let Some((_, value)) = &mut open {
                    value.push_str(&text.decode().ok()?);
                }
            }
            Event::GeneralRef(entity) => {
                if let Some((_, value)) = &mut open {
                    match entity.resolve_char_ref().ok()? {
                        Some(c) => value.push(c),
                        None => value.push_str(quick_xml::escape::resolve_xml_entity(&entity.decode().ok()?)?),
                    }
                }
            }
            Event::CData(data) => {
                if let Some((_, value)) = &mut open {
                    value.push_str(&data.decode().ok()?);
                }
            }
            Event::End(_) => {
                if let Some((at, value)) = open.take() {
                    found[at] = Some(value);
                }
            }
            Event::DocType(_) => return None,
            Event::Eof => return Some(found),
            _ => {}
        }
    }
}

/// An answer is not deeper than this.
const DEPTH: usize = 32;

/// The whole of an answer: an element with children is an object, one whose children are all called `member` a list,
/// one without children a string. `None` when `body` is not well-formed.
pub(super) fn tree(body: &[u8]) -> Option<Value> {
    let mut reader = Reader::from_reader(body);
    let mut open: Vec<Element> = vec![Element::default()];
    loop {
        match reader.read_event().ok()? {
            Event::Start(element) => {
                let name = String::from_utf8(element.local_name().as_ref().to_vec()).ok()?;
                open.push(Element { name, ..Element::default() });
                if open.len() > DEPTH {
                    return None;
                }
            }
            Event::Empty(element) => {
                let name = String::from_utf8(element.local_name().as_ref().to_vec()).ok()?;
                open.last_mut()?.children.push((name, Value::String(String::new())));
            }
            Event::Text(text) => open.last_mut()?.text.push_str(&text.decode().ok()?),
            Event::GeneralRef(entity) => match entity.resolve_char_ref().ok()? {
                Some(c) => open.last_mut()?.text.push(c),
                None => {
                    let text = quick_xml::escape::resolve_xml_entity(&entity.decode().ok()?)?;
                    open.last_mut()?.text.push_str(text);
                }
            },
            Event::CData(data) => open.last_mut()?.text.push_str(&data.decode().ok()?),
            Event::End(_) => {
                let done = open.pop()?;
                open.last_mut()?.children.push((done.name.clone(), done.value()));
            }
            Event::DocType(_) => return None,
            Event::Eof => {
                let root = open.pop().filter(|_| open.is_empty())?;
                return root.children.into_iter().next().map(|(_, value)| value);
            }
            _ => {}
        }
    }
}

#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<(String, Value)>,
}

impl Element {
    fn value(self) -> Value {
        if self.children.is_empty() {
            return Value::String(self.text);
        }
        if self.children.iter().all(|(name, _)| name == "member") {
            return self.children.into_iter().map(|(_, value)| value).collect();
        }
        Value::Object(self.children.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{texts, tree};
    use serde_json::json;

    #[test]
    fn a_tree_has_lists_objects_and_texts() {
        let xml = br#"<?xml version="1.0"?>
            <R xmlns="u"><X> <Users><member><Name>a&amp;b</Name></member><member><Name>c</Name></member></Users><Empty/><No></No></X></R>"#;
        assert_eq!(
            tree(xml),
            Some(json!({ "X": { "Users": [{ "Name": "a&b" }, { "Name": "c" }], "Empty": "", "No": "" } }))
        );
        for bad in ["", "<a>", "<a></b>", "<!DOCTYPE a []><a/>"] {
            assert_eq!(tree(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(tree("<a>".repeat(40).as_bytes()), None);
    }

    #[test]
    fn reads_the_first_of_each_name() {
        let xml = br#"<?xml version="1.0"?><a:R xmlns:a="u"><a:Code>x &lt;&#65;</a:Code><Code>second</Code><Empty/><T>t</T></a:R>"#;
        assert_eq!(
            texts(xml, &["T", "Code", "Empty", "None"]),
            Some(vec![Some("t".into()), Some("x <A".into()), None, None])
        );
    }

    #[test]
    fn broken_or_hostile_is_none() {
        for bad in ["<a>", "<a></b>", "<!DOCTYPE a [<!ENTITY x \"y\">]><Code>&x;</Code>", "<Code>&x;</Code>"] {
            assert_eq!(texts(bad.as_bytes(), &["Code"]).and_then(|mut v| v.remove(0)), None, "{bad}");
        }
    }
}
