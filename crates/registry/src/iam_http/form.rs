//! The query protocol's input: `application/x-www-form-urlencoded` with `Name.member.N.Field` for lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use packyard_access::iam::{IamError, IamFault};
use percent_encoding::percent_decode;
use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

/// Far more than any call has. A form is taken apart before it is known who sent it, and its lists are looked for by name.
const FIELDS: usize = 1000;

impl Form {
    /// `None` when something in it is not UTF-8, or there is too much of it.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut fields = Vec::new();
        for pair in text.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            if fields.len() == FIELDS {
                return None;
            }
            let at = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let value = pair.get(at + 1..).unwrap_or_default();
            fields.push((decode(&pair[..at])?, decode(value)?));
        }
        Some(Self(fields))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn need(&self, name: &str) -> Result<&str, IamError> {
        self.get(name).ok_or_else(|| {
            let text = format!(
                "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
                member_of(name)
            );
            IamError::new(IamFault::ValidationError, text)
        })
    }

    /// Refuses U+0000, which PostgreSQL keeps in no text. The value is not shown: it may be a password.
    pub(super) fn printable(&self) -> Result<(), IamError> {
        let Some((name, _)) = self.0.iter().find(|(_, value)| value.contains('\0')) else { return Ok(()) };
        let text = format!(
            "1 validation error detected: Value at '{}' failed to satisfy constraint: Member must not contain the character U+0000",
            member_of(name)
        );
        Err(IamError::new(IamFault::ValidationError, text))
    }

    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, IamError> {
        match self.get(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(IamError::constraint(other, name, "be true or false")),
        }
    }

    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>, IamError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| IamError::constraint(text, name, "be an integer")))
            .transpose()
    }

    /// `MaxItems`: 1 to 1000, 100 when not given.
    pub(super) fn max_items(&self) -> Result<u16, IamError> {
        match self.integer("MaxItems")? {
            None => Ok(100),
            Some(n) => u16::try_from(n)
                .ok()
                .filter(|n| (1..=1000).contains(n))
                .ok_or_else(|| IamError::constraint(&n.to_string(), "maxItems", "have value between 1 and 1000")),
        }
    }

    /// Where a list goes on: what [`marker_of`] made of the last name of the page before, of the same list.
    pub(super) fn marker(&self, list: &str) -> Result<Option<String>, IamError> {
        let Some(marker) = self.get("Marker") else { return Ok(None) };
        let text = URL_SAFE_NO_PAD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let name = text.as_deref().and_then(|text| text.strip_prefix(list)?.strip_prefix('/'));
        let wrong = || IamError::new(IamFault::ValidationError, "Invalid Marker: it is not one of this list's pages.");
        name.map(|name| Some(name.to_owned())).ok_or_else(wrong)
    }

    /// The first parameter of that name, or of its members.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, value)| {
            key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.') || rest.is_empty() && !value.is_empty())
        })
    }

    /// `Tags.member.1.Key`, `Tags.member.1.Value`, ...
    pub(super) fn tags(&self) -> Vec<(String, String)> {
        (1..)
            .map_while(|n| {
                let key = self.get(&format!("Tags.member.{n}.Key"))?;
                let value = self.get(&format!("Tags.member.{n}.Value")).unwrap_or_default();
                Some((key.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// `PolicyArns.member.1.arn`, ...
    pub(super) fn policy_arns(&self) -> Vec<String> {
        (1..).map_while(|n| self.get(&format!("PolicyArns.member.{n}.arn")).map(str::to_owned)).collect()
    }
}

/// Says of which list it is, so that a name, or another list's marker, is not taken for one.
pub(super) fn marker_of(list: &str, last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}/{last}"))
}

/// A parameter as messages name it: `UserName` is `userName`, `Tags.member.1.Key` is `tags.1.member.key`.
fn member_of(name: &str) -> String {
    let lower = |part: &str| {
        let mut part = part.to_owned();
        if let Some(first) = part.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        part
    };
    match name.splitn(4, '.').collect::<Vec<_>>().as_slice() {
        [list, "member", number, rest @ ..] => {
            let inner: String = rest.iter().map(|part| format!(".{}", lower(part))).collect();
            format!("{}.{number}.member{inner}", lower(list))
        }
        _ => lower(name),
    }
}

fn decode(text: &[u8]) -> Option<String> {
    let spaced: Vec<u8> = text.iter().map(|&b| if b == b'+' { b' ' } else { b }).collect();
    let bytes: Cow<'_, [u8]> = percent_decode(&spaced).into();
    String::from_utf8(bytes.into_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_botocore_writes() {
        let form = Form::parse(b"Action=CreateUser&UserName=a%2Bb&Path=%2Fx+y%2F&Tags.member.1.Key=team&Tags.member.1.Value=&Tags.member.2.Key=b&Tags.member.2.Value=c").unwrap();
        assert_eq!(form.get("UserName"), Some("a+b"));
        assert_eq!(form.get("Path"), Some("/x y/"));
        assert_eq!(form.tags(), vec![("team".into(), String::new()), ("b".into(), "c".into())]);
        assert!(Form::parse(b"a=%ff").is_none());
    }

    #[test]
    fn a_form_of_more_fields_than_any_call_has_is_none() {
        assert!(Form::parse("a&".repeat(FIELDS).as_bytes()).is_some());
        assert!(Form::parse("a&".repeat(FIELDS + 1).as_bytes()).is_none());
    }

    #[test]
    fn a_marker_is_one_of_its_list() {
        let marker = |list: &str, text: &str| Form::parse(format!("Marker={text}").as_bytes()).unwrap().marker(list);
        assert_eq!(marker("users", &marker_of("users", "a/b")).unwrap().as_deref(), Some("a/b"));
        assert_eq!(Form::parse(b"").unwrap().marker("users").unwrap(), None);
        for wrong in ["junk", "", "ada", &marker_of("roles", "ada"), "%00"] {
            assert_eq!(marker("users", wrong).unwrap_err().code(), "ValidationError", "{wrong}");
        }
    }

    #[test]
    fn parameters_are_found_with_their_members() {
        let form = Form::parse(b"Tags.member.1.Key=a&Tagset=x&Empty=&TokenCode=1").unwrap();
        assert!(form.has("Tags") && form.has("TokenCode"));
        assert!(!form.has("Tag") && !form.has("Empty") && !form.has("Token"));
    }

    #[test]
    fn the_character_that_no_database_keeps_is_named_by_where_it_stands() {
        let refused = |text: &str| Form::parse(text.as_bytes()).unwrap().printable().unwrap_err().to_string();
        assert!(Form::parse(b"UserName=a%01").unwrap().printable().is_ok());
        assert!(refused("UserName=ada&Path=%2F%00").contains("Value at 'path' failed"));
        assert!(refused("Tags.member.2.Value=%00").contains("Value at 'tags.2.member.value' failed"));
        let password = refused("Password=hidden%00");
        assert!(password.contains("'password'") && !password.contains("hidden"), "{password}");
    }

    #[test]
    fn a_missing_member_is_named_as_the_model_names_it() {
        let error = Form::parse(b"").unwrap().need("UserName").unwrap_err();
        assert_eq!(
            error.to_string(),
            "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null"
        );
    }
}
