//! The query protocol's output.

use std::fmt::Write as _;

/// XML being written; text is escaped, names are ours.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    pub(super) fn text(&mut self, name: &str, value: &str) -> &mut Self {
        let _ = write!(self.0, "<{name}>{}</{name}>", Escaped(value));
        self
    }

    pub(super) fn maybe(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    pub(super) fn boolean(&mut self, name: &str, value: bool) -> &mut Self {
        self.text(name, if value { "true" } else { "false" })
    }

    /// ISO 8601, whole seconds.
    pub(super) fn time(&mut self, name: &str, ms: i64) -> &mut Self {
        let time = chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
        self.text(name, &time.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// A document, percent-encoded as IAM returns it.
    pub(super) fn document(&mut self, name: &str, document: &str) -> &mut Self {
        const KEPT: &percent_encoding::AsciiSet =
            &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
        self.text(name, &percent_encoding::utf8_percent_encode(document, KEPT).to_string())
    }

    pub(super) fn append(&mut self, other: Self) {
        self.0.push_str(&other.0);
    }

    pub(super) fn node(&mut self, name: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        inside(self);
        let _ = write!(self.0, "</{name}>");
        self
    }

    pub(super) fn members<T>(&mut self, name: &str, items: &[T], one: impl Fn(&mut Self, &T)) -> &mut Self {
        self.node(name, |list| {
            for item in items {
                list.node("member", |member| one(member, item));
            }
        })
    }

    /// The root element with its namespace.
    pub(super) fn root(name: &str, namespace: &str, inside: impl FnOnce(&mut Self)) -> String {
        let mut xml = Self::default();
        let _ = write!(xml.0, "<{name} xmlns=\"{namespace}\">");
        inside(&mut xml);
        let _ = write!(xml.0, "</{name}>");
        xml.0
    }
}

struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\r' => f.write_str("&#13;")?,
                // Not allowed in XML 1.0 at all, not even as a reference.
                c if c.is_control() && c != '\n' && c != '\t' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                '\u{fffe}' | '\u{ffff}' => f.write_char(char::REPLACEMENT_CHARACTER)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out() {
        let out = Xml::root("R", "urn:x", |xml| {
            xml.text("A", "<b>&\"\u{1}\r").time("T", 1_700_000_000_123).document("D", "{\"a\": \"ü\"}");
        });
        assert_eq!(
            out,
            "<R xmlns=\"urn:x\"><A>&lt;b&gt;&amp;&quot;\u{fffd}&#13;</A><T>2023-11-14T22:13:20Z</T>\
             <D>%7B%22a%22%3A%20%22%C3%BC%22%7D</D></R>"
        );
    }
}
