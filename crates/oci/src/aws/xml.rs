//! Reads single values out of the XML of AWS's query protocol. Element names are compared without namespace; the first
//! element of a name counts. Entities are the five of XML; a DTD is an error.

use quick_xml::Reader;
use quick_xml::events::Event;

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

#[cfg(test)]
mod tests {
    use super::texts;

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
