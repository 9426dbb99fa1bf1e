//! Form fields as a browser sends them: a list of pairs, names may repeat.

use crate::failure::Failure;
use axum::body::Body;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Far more than any form of the console has; each takes many times the memory of the two bytes that it may be sent as.
const MOST: usize = 20_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) async fn read(body: Body, limit: usize) -> Result<Self, Failure> {
        let bytes = axum::body::to_bytes(body, limit).await.map_err(|_| Failure::TooLong(limit))?;
        if bytes.iter().filter(|byte| **byte == b'&').count() >= MOST {
            return Err(Failure::Refused(format!("The form has more than {MOST} fields")));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| Failure::StaleForm)?;
        Ok(Self::parse(text))
    }

    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode_plus(name)?, decode_plus(value)?))
        });
        Self(pairs.collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The field without outer white space; empty when it is absent.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().trim().to_owned()
    }

    /// Byte for byte, for secrets: a password may begin with a space.
    pub(crate) fn exact(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    pub(crate) fn is_checked(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A long text from a textarea. Browsers send its line ends as CRLF whatever they were; they become what they
    /// were, by the model that the form was filled from.
    pub(crate) fn long_text(&self, name: &str, model: &str) -> String {
        let sent = self.get(name).unwrap_or_default().replace("\r\n", "\n");
        if model.contains("\r\n") { sent.replace('\n', "\r\n") } else { sent }
    }

    /// Every value of a name, such as the boxes that are ticked.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// One field with several values, separated by commas or line breaks.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let raw = self.get(name).unwrap_or_default();
        let parts = raw.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }
}

/// Without U+0000, which nobody types and no database keeps.
fn decode_plus(raw: &str) -> Option<String> {
    decode(&raw.replace('+', " ")).map(|text| text.replace('\0', ""))
}

pub(crate) fn decode(raw: &str) -> Option<String> {
    percent_decode_str(raw).decode_utf8().ok().map(|text| text.into_owned())
}

/// For a path segment, a query value or a cookie.
pub(crate) fn encode(raw: &str) -> String {
    utf8_percent_encode(raw, KEPT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_names_may_repeat() {
        let fields = Fields::parse("a=1+2&b=%C3%A4%26&b=second&flag&paths=one%2C+two%0D%0Athree,");
        assert_eq!(fields.text("a"), "1 2");
        assert_eq!(fields.get("b"), Some("ä&"));
        assert!(fields.is_checked("flag"));
        assert_eq!(fields.list("paths"), ["one", "two", "three"]);
        assert_eq!(fields.text("absent"), "");
        assert_eq!(Fields::parse("a=x%00y").exact("a"), "xy");
    }

    #[tokio::test]
    async fn a_form_of_more_fields_than_any_has_is_refused() {
        let read = async |fields: usize| Fields::read(Body::from(vec!["a"; fields].join("&")), 1 << 20).await;
        assert!(read(MOST).await.is_ok());
        assert!(matches!(read(MOST + 1).await, Err(Failure::Refused(_))));
    }

    #[test]
    fn a_long_text_keeps_the_line_ends_it_had() {
        let fields = Fields::parse("values=a%3A+1%0D%0Ab%3A+2%0D%0A");
        assert_eq!(fields.long_text("values", "a: 1\n"), "a: 1\nb: 2\n");
        assert_eq!(fields.long_text("values", "a: 1\r\n"), "a: 1\r\nb: 2\r\n");
    }
}
