//! `WWW-Authenticate` as RFC 9110 section 11.6.1 writes it: several challenges in one header or in many, parameters
//! quoted or not.

use http::HeaderMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    Basic { realm: Option<String>, service: Option<String> },
    Bearer { realm: String, service: Option<String>, scope: Option<String> },
}

impl Challenge {
    /// The challenges of a reply that this client understands, in their order.
    pub(crate) fn all(headers: &HeaderMap) -> Vec<Self> {
        headers
            .get_all(http::header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(parse)
            .collect()
    }

    /// True for the challenge that ECR sends.
    pub fn is_ecr(&self) -> bool {
        matches!(self, Self::Basic { service: Some(service), .. } if service == "ecr.amazonaws.com")
    }
}

fn parse(text: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let token_end = rest.find(|c: char| c == '=' || c == ',' || c.is_whitespace()).unwrap_or(rest.len());
        let token = &rest[..token_end];
        let after = rest[token_end..].trim_start();
        if let Some(value) = after.strip_prefix('=').filter(|_| !token.is_empty()) {
            let (value, remaining) = read_value(value.trim_start());
            if let Some((_, parameters)) = found.last_mut() {
                parameters.push((token.to_ascii_lowercase(), value));
            }
            rest = remaining;
        } else {
            if !token.is_empty() {
                found.push((token.to_ascii_lowercase(), Vec::new()));
            }
            rest = after;
        }
        // A `=` that belongs to nothing is skipped too: every turn takes at least one character.
        rest = rest.trim_start_matches(|c: char| c == ',' || c == '=' || c.is_whitespace());
    }
    found.into_iter().filter_map(|(scheme, parameters)| challenge(&scheme, parameters)).collect()
}

/// A quoted string with escapes, or a token; and what follows it.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, &quoted[at + 1..]),
            _ => value.push(c),
        }
    }
    (value, "")
}

fn challenge(scheme: &str, parameters: Vec<(String, String)>) -> Option<Challenge> {
    let take = |name: &str| parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let (realm, service, scope) = (take("realm"), take("service"), take("scope"));
    match scheme {
        "basic" => Some(Challenge::Basic { realm, service }),
        "bearer" => Some(Challenge::Bearer { realm: realm?, service, scope }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.map(Into::into), scope: scope.map(Into::into) }
    }

    #[test]
    fn forms_of_the_field() {
        assert_eq!(
            parse(
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#
            ),
            [bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull,push"))]
        );
        let ecr = parse(r#"Basic realm="https://1.dkr.ecr.us-east-1.amazonaws.com/",service="ecr.amazonaws.com""#);
        assert!(ecr[0].is_ecr());
        assert_eq!(
            parse(r#"Negotiate, basic realm=x , BEARER realm = "https:\/\/h/t" ,service=s"#),
            [Challenge::Basic { realm: Some("x".into()), service: None }, bearer("https://h/t", Some("s"), None)]
        );
    }

    #[test]
    fn broken_ones_do_no_harm() {
        for text in
            ["", ",,,", "Bearer", "Bearer realm", "=x", "Bearer service=\"s\"", "Digest realm=\"x\", nonce=\"y\""]
        {
            assert_eq!(parse(text), [], "{text}");
        }
        assert_eq!(parse("Bearer realm=\"unclosed"), [bearer("unclosed", None, None)]);
    }

    proptest::proptest! {
        /// The text comes from outside: whatever it is, reading it ends, and finds no more challenges than words.
        #[test]
        fn any_text_is_read(text in "[ -~]{0,80}") {
            proptest::prop_assert!(parse(&text).len() <= text.split([' ', ',', '"', '=']).count());
        }
    }
}
