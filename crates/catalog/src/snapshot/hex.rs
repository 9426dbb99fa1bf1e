//! Uids and digests as bytes: of a hundred thousand versions their text would be most of what is kept.

/// A text that nearly always is a prefix and then `N` bytes as lower-case hex; any other text is kept as it is.
///
/// Invariant: a text has one form only, so that equal values are equal texts (of the same prefix).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Hex<const N: usize> {
    Bytes([u8; N]),
    Other(Box<str>),
}

/// `/v1`'s uids.
pub(crate) type Uid = Hex<12>;
/// `sha256:…`.
pub(crate) type Sha256 = Hex<32>;
/// Of what an index says of a version.
pub(crate) type Fingerprint = Hex<16>;

impl Uid {
    pub(crate) fn of(text: &str) -> Self {
        Self::packed("", text)
    }

    pub(crate) fn text(&self) -> String {
        self.unpacked("")
    }
}

impl Fingerprint {
    pub(crate) fn of(text: &str) -> Self {
        Self::packed("", text)
    }

    pub(crate) fn text(&self) -> String {
        self.unpacked("")
    }
}

impl Sha256 {
    const PREFIX: &str = "sha256:";

    pub(crate) fn of(text: &str) -> Self {
        Self::packed(Self::PREFIX, text)
    }

    pub(crate) fn text(&self) -> String {
        self.unpacked(Self::PREFIX)
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Other(text) if text.is_empty())
    }
}

impl<const N: usize> Hex<N> {
    fn packed(prefix: &str, text: &str) -> Self {
        match text.strip_prefix(prefix).and_then(bytes) {
            Some(bytes) => Self::Bytes(bytes),
            None => Self::Other(text.into()),
        }
    }

    fn unpacked(&self, prefix: &str) -> String {
        let bytes = match self {
            Self::Bytes(bytes) => bytes,
            Self::Other(text) => return text.to_string(),
        };
        let mut text = String::with_capacity(prefix.len() + 2 * N);
        text.push_str(prefix);
        for byte in bytes {
            text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
            text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        }
        text
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    let digits = hex.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_as_it_was() {
        let digest = format!("sha256:{}", "0af9".repeat(16));
        assert!(matches!(Sha256::of(&digest), Hex::Bytes(_)));
        for text in [&digest, "", "sha256:", "sha512:00", &digest.to_uppercase(), &digest[..70]] {
            assert_eq!(Sha256::of(text).text(), text);
        }
        assert!(matches!(Uid::of("64eaff5630402973c4e1856a"), Hex::Bytes(_)));
        for text in ["64eaff5630402973c4e1856a", "64EAFF5630402973C4E1856A", "u1", ""] {
            assert_eq!(Uid::of(text).text(), text);
        }
    }
}
