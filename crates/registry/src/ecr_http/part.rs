//! Takes the one large member out of a JSON document while it arrives: `UploadLayerPart` wraps up to 20 MiB in base64,
//! which must not be held in memory. Invariant: what [`Splitter::finish`] returns as `rest` is the document byte for
//! byte, but with the member's value replaced by `""`; the sink was given the decoded value, in order, once.
//!
//! It understands just enough JSON to know where the top-level strings are; whether `rest` is good JSON is for the
//! parser that reads it.

use super::error::EcrError;
use super::operation::LAYER_PART_LIMIT;
use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 text is decoded in pieces of this many characters, a multiple of four.
const PIECE: usize = 16 * 1024;

/// Padding may be missing at the end, as in the decoders of the AWS SDKs.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Where in the document the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    /// In a string that stays; `key` when it names a member of the top-level structure.
    Text {
        key: bool,
    },
    /// In the string that is taken out.
    Taken,
}

/// How far an escape within the taken string has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    None,
    Started,
    Hex { seen: u8, value: u32 },
}

#[derive(Debug)]
pub(crate) struct Splitter {
    member: &'static str,
    rest: Vec<u8>,
    rest_limit: usize,
    place: Place,
    escape: Escape,
    depth: usize,
    /// The key read last at the top level, and whether its colon has passed.
    key: Vec<u8>,
    after_colon: bool,
    taken: bool,
    text: Vec<u8>,
    decoded: u64,
}

impl Splitter {
    /// `rest_limit` bounds what remains of the document without the member.
    pub(crate) fn new(member: &'static str, rest_limit: usize) -> Self {
        Self {
            member,
            rest: Vec::new(),
            rest_limit,
            place: Place::Outside,
            escape: Escape::None,
            depth: 0,
            key: Vec::new(),
            after_colon: false,
            taken: false,
            text: Vec::with_capacity(PIECE + 4),
            decoded: 0,
        }
    }

    /// Reads the next bytes of the document; what they decode to is appended to `out`.
    pub(crate) fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EcrError> {
        for &byte in bytes {
            match self.place {
                Place::Outside => self.outside(byte)?,
                Place::Text { key } => self.within_text(byte, key)?,
                Place::Taken => self.within_taken(byte, out)?,
            }
        }
        Ok(())
    }

    /// The document without the member's value.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.rest
    }

    fn outside(&mut self, byte: u8) -> Result<(), EcrError> {
        self.keep(byte)?;
        match byte {
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b':' if self.depth == 1 => self.after_colon = true,
            b',' if self.depth == 1 => self.after_colon = false,
            b'"' => self.place = self.opened()?,
            _ => {}
        }
        Ok(())
    }

    fn opened(&mut self) -> Result<Place, EcrError> {
        let key = self.depth == 1 && !self.after_colon;
        if key {
            self.key.clear();
        }
        let taken = self.depth == 1 && self.after_colon && self.key == self.member.as_bytes();
        if !taken {
            return Ok(Place::Text { key });
        }
        if std::mem::replace(&mut self.taken, true) {
            return Err(EcrError::serialization(format!("'{}' stands twice in the request", self.member)));
        }
        Ok(Place::Taken)
    }

    fn within_text(&mut self, byte: u8, key: bool) -> Result<(), EcrError> {
        self.keep(byte)?;
        match (self.escape, byte) {
            (Escape::None, b'"') => self.place = Place::Outside,
            (Escape::None, b'\\') => self.escape = Escape::Started,
            _ => self.escape = Escape::None,
        }
        if key && self.place != Place::Outside && self.key.len() <= self.member.len() {
            self.key.push(byte);
        }
        Ok(())
    }

    /// JSON writers differ in what they escape: some write `\/`, some `\u002B` for `+`.
    fn within_taken(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), EcrError> {
        match (self.escape, byte) {
            (Escape::None, b'"') => {
                self.decode(self.text.len(), out)?;
                self.place = Place::Outside;
                self.keep(byte)?;
            }
            (Escape::None, b'\\') => self.escape = Escape::Started,
            (Escape::None, _) => self.take(byte, out)?,
            (Escape::Started, b'u') => self.escape = Escape::Hex { seen: 0, value: 0 },
            (Escape::Started, b'/') => {
                self.escape = Escape::None;
                self.take(byte, out)?;
            }
            (Escape::Started, _) => return Err(self.not_base64()),
            (Escape::Hex { seen, value }, _) => {
                let digit = char::from(byte).to_digit(16).ok_or_else(|| self.not_base64())?;
                let value = value * 16 + digit;
                self.escape = Escape::Hex { seen: seen + 1, value };
                if seen == 3 {
                    self.escape = Escape::None;
                    let byte = u8::try_from(value).map_err(|_| self.not_base64())?;
                    self.take(byte, out)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, byte: u8, out: &mut Vec<u8>) -> Result<(), EcrError> {
        self.text.push(byte);
        // The last four characters wait, since only the end may be padded.
        if self.text.len() == PIECE + 4 { self.decode(PIECE, out) } else { Ok(()) }
    }

    fn decode(&mut self, length: usize, out: &mut Vec<u8>) -> Result<(), EcrError> {
        let piece = &self.text[..length];
        let at_end = length == self.text.len();
        if !at_end && piece.ends_with(b"=") {
            return Err(self.not_base64());
        }
        let before = out.len();
        BASE64.decode_vec(piece, out).map_err(|_| self.not_base64())?;
        self.decoded += (out.len() - before) as u64;
        self.text.drain(..length);
        if self.decoded > LAYER_PART_LIMIT {
            return Err(EcrError::invalid(
                self.member,
                format_args!("Member must have length less than or equal to {LAYER_PART_LIMIT}"),
            ));
        }
        Ok(())
    }

    fn keep(&mut self, byte: u8) -> Result<(), EcrError> {
        if self.rest.len() == self.rest_limit {
            return Err(EcrError::serialization(format!(
                "The request is too large: beside '{}' it may have {} bytes",
                self.member, self.rest_limit
            )));
        }
        self.rest.push(byte);
        Ok(())
    }

    fn not_base64(&self) -> EcrError {
        EcrError::serialization(format!("'{}' is not base64", self.member))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(document: &str, step: usize) -> Result<(String, Vec<u8>), String> {
        let mut splitter = Splitter::new("layerPartBlob", 1 << 16);
        let mut out = Vec::new();
        for chunk in document.as_bytes().chunks(step) {
            splitter.feed(chunk, &mut out).map_err(|e| e.code.to_owned())?;
        }
        Ok((String::from_utf8(splitter.finish()).unwrap(), out))
    }

    #[test]
    fn takes_the_member_out_wherever_it_stands() {
        let cases = [
            (r#"{"layerPartBlob":"aGk=","a":1}"#, r#"{"layerPartBlob":"","a":1}"#, "hi"),
            (
                r#"{ "a" : "layerPartBlob" , "layerPartBlob" : "aGk" }"#,
                r#"{ "a" : "layerPartBlob" , "layerPartBlob" : "" }"#,
                "hi",
            ),
            (
                r#"{"a":{"layerPartBlob":"x"},"b":["layerPartBlob","y"],"layerPartBlob":""}"#,
                r#"{"a":{"layerPartBlob":"x"},"b":["layerPartBlob","y"],"layerPartBlob":""}"#,
                "",
            ),
            (r#"{"a\"b\\":"\"}","layerPartBlob":"Pz8\/Pj4+"}"#, r#"{"a\"b\\":"\"}","layerPartBlob":""}"#, "???>>>"),
            (r#"{"layerPartBlob":"Pj4\u002b"}"#, r#"{"layerPartBlob":""}"#, ">>>"),
            (r#"{"layerPartBlob":null}"#, r#"{"layerPartBlob":null}"#, ""),
        ];
        for (document, rest, blob) in cases {
            for step in [1, 2, 7, 1000] {
                assert_eq!(
                    split(document, step),
                    Ok((rest.to_owned(), blob.as_bytes().to_vec())),
                    "{document} by {step}"
                );
            }
        }
    }

    #[test]
    fn refuses_what_is_not_base64_or_stands_twice() {
        for bad in [
            r#"{"layerPartBlob":"a"}"#,
            r#"{"layerPartBlob":"aG k="}"#,
            r#"{"layerPartBlob":"a=Gk"}"#,
            r#"{"layerPartBlob":"\n"}"#,
            r#"{"layerPartBlob":"\u0100"}"#,
            r#"{"layerPartBlob":"","layerPartBlob":""}"#,
        ] {
            assert_eq!(split(bad, 3), Err("SerializationException".into()), "{bad}");
        }
    }

    #[test]
    fn padding_counts_only_at_the_very_end() {
        let mut text = "A".repeat(PIECE - 2);
        text.push_str("==AAAA");
        assert_eq!(split(&format!(r#"{{"layerPartBlob":"{text}"}}"#), 999), Err("SerializationException".into()));
    }

    #[test]
    fn both_sizes_are_bounded() {
        let document = format!(r#"{{"x":"{}"}}"#, "x".repeat(1 << 16));
        assert_eq!(split(&document, 4096), Err("SerializationException".into()));
        let document = format!(r#"{{"layerPartBlob":"{}"}}"#, "A".repeat(28 * 1024 * 1024));
        assert_eq!(split(&document, 1 << 16), Err("InvalidParameterException".into()));
    }

    proptest! {
        #[test]
        fn any_bytes_come_through(blob in proptest::collection::vec(any::<u8>(), 0..40_000), step in 1..5_000usize) {
            let text = base64::engine::general_purpose::STANDARD.encode(&blob);
            let document = format!(r#"{{"repositoryName":"a/b","layerPartBlob":"{text}","partFirstByte":0}}"#);
            let (rest, out) = split(&document, step).unwrap();
            prop_assert_eq!(rest, r#"{"repositoryName":"a/b","layerPartBlob":"","partFirstByte":0}"#);
            prop_assert_eq!(out, blob);
        }
    }
}
