//! Pagination tokens. A token holds the key of the last row sent and is bound to its call by a MAC, so that it cannot
//! be made up, nor used with another operation or repository. It says nothing of the server's state: any replica
//! continues any listing, and rows added meanwhile neither shift nor repeat the rest.

use super::error::EcrError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde_json::Value;
use subtle::ConstantTimeEq;

/// Rows of a page when the caller does not say.
pub(crate) const DEFAULT_PAGE: usize = 100;

/// Bytes of the MAC that are kept.
const MAC: usize = 16;

/// Makes and reads the tokens of one listing.
pub(crate) struct Pager {
    key: hmac::Key,
    /// What the listing is of: the operation and its repository.
    scope: String,
}

impl Pager {
    pub(crate) fn new(key: hmac::Key, operation: &str, object: &str) -> Self {
        Self { key, scope: format!("{operation}\n{object}\n") }
    }

    pub(crate) fn token(&self, after: &str) -> String {
        let mut bytes = self.mac(after)[..MAC].to_vec();
        bytes.extend_from_slice(after.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Sets `nextToken` when there is a next page. On the last page the member is absent: some SDKs would go round
    /// for ever on an empty one.
    pub(crate) fn put_token(&self, answer: &mut Value, after: Option<&str>) {
        if let Some(after) = after {
            answer["nextToken"] = Value::String(self.token(after));
        }
    }

    /// The key after which the listing continues.
    pub(crate) fn after(&self, token: Option<&str>) -> Result<Option<String>, EcrError> {
        let Some(token) = token else { return Ok(None) };
        self.read(token).map(Some).ok_or_else(|| EcrError::invalid("NextToken", "Invalid next token provided"))
    }

    fn read(&self, token: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (mac, after) = bytes.split_at_checked(MAC)?;
        let after = std::str::from_utf8(after).ok()?;
        bool::from(mac.ct_eq(&self.mac(after)[..MAC])).then(|| after.to_owned())
    }

    fn mac(&self, after: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.key, [self.scope.as_bytes(), after.as_bytes()].concat().as_slice());
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        out
    }
}

/// Splits `rows`, of which one more than `limit` was asked for, into the page and the key of its last row when there
/// is a next page.
pub(crate) fn cut<T>(mut rows: Vec<T>, limit: usize, key: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more).map(key);
    (rows, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_continues_its_own_listing_only() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"k");
        let pager = Pager::new(key.clone(), "ListImages", "a");
        let token = pager.token("1.0 é");
        assert_eq!(pager.after(Some(&token)).unwrap().as_deref(), Some("1.0 é"));
        assert_eq!(pager.after(None).unwrap(), None);
        let other_key = hmac::Key::new(hmac::HMAC_SHA256, b"other");
        let others = [
            Pager::new(key.clone(), "ListImages", "b"),
            Pager::new(key.clone(), "DescribeImages", "a"),
            Pager::new(other_key, "ListImages", "a"),
        ];
        for other in others {
            assert!(other.after(Some(&token)).is_err());
        }
        for bad in ["", "x", "1.0", &token[1..], &format!("{token}A")] {
            let error = pager.after(Some(bad)).unwrap_err();
            assert_eq!(
                error.message,
                "Invalid parameter at 'NextToken' failed to satisfy constraint: 'Invalid next token provided'"
            );
        }
    }

    #[test]
    fn the_last_page_has_no_token() {
        assert_eq!(cut(vec![1, 2, 3], 2, ToString::to_string), (vec![1, 2], Some("2".into())));
        assert_eq!(cut(vec![1, 2], 2, ToString::to_string), (vec![1, 2], None));
        assert_eq!(cut(Vec::<i32>::new(), 2, ToString::to_string), (vec![], None));
    }
}
