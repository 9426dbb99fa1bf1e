//! Why a call to another machine failed. One type for registries, ECR and STS, because people meet them as one thing:
//! the way to their registry. The hop says how far the call came; a failing hop implies that all before it worked.

use std::fmt;
use std::time::Duration;

/// How far a call came, in the order in which a call meets them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Hop {
    /// What was typed cannot be used: endpoint, certificate, file.
    Local,
    /// The address is one that this process does not connect to.
    AddressPolicy,
    /// The proxy on the way, not the registry.
    Proxy,
    /// The proxy's address is one that this process does not connect to.
    ProxyPolicy,
    Dns,
    Tcp,
    Tls,
    /// TLS works, but the server wants to know its client by a certificate.
    ClientCertificate,
    /// Connected, but what came back is not what a registry sends: HTML, broken HTTP, an odd redirect.
    Protocol,
    /// The credentials are missing or wrong.
    Auth,
    /// Known, and not allowed to.
    Permission,
    /// The repository, tag or blob is not there.
    Path,
    RateLimited,
    /// The other side failed (5xx).
    Server,
    /// The request was refused for a reason of its own (other 4xx).
    Rejected,
    /// The content is not what its digest or size promised.
    Content,
    /// A limit of ours ended it.
    Limit,
    Timeout,
}

impl Hop {
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "settings",
            Self::AddressPolicy => "address policy",
            Self::Proxy => "proxy",
            Self::ProxyPolicy => "proxy's address",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::ClientCertificate => "client certificate",
            Self::Protocol => "HTTP",
            Self::Auth => "authentication",
            Self::Permission => "permission",
            Self::Path => "path",
            Self::RateLimited => "rate limit",
            Self::Server => "server",
            Self::Rejected => "request",
            Self::Content => "content",
            Self::Limit => "limit",
            Self::Timeout => "time-out",
        }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a port without TLS is told that was asked with it.
pub(crate) const SPEAKS_NO_TLS: &str = "does not speak TLS on that port";
/// How the reply is put that wants TLS where http was typed, or taken for a host on this machine.
pub(crate) const WANTS_TLS: &str = "speaks TLS on that port, and was asked without";
/// How it is put that no link of the chain of AWS credentials has any.
pub(crate) const NO_AWS_KEYS: &str = "no AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, as for the AWS CLI";

/// An error entry of a registry or AWS reply: `NAME_UNKNOWN`, `AccessDeniedException`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteCode {
    pub code: String,
    pub message: String,
}

/// `could not <doing>: <seen>`.
#[derive(Debug, thiserror::Error)]
#[error("could not {doing}: {seen}")]
pub struct ClientError {
    pub hop: Hop,
    /// What was being done to which thing, e.g. "read the tags of `a/b` at registry.example.com".
    pub doing: String,
    /// What was seen, complete enough to act on.
    pub seen: String,
    /// The HTTP status, when there was one.
    pub status: Option<u16>,
    /// What the reply's body named, in its order.
    pub codes: Vec<RemoteCode>,
    /// It was asked without a login, which may be why.
    pub without_login: bool,
    /// The wait the other side asked for.
    pub retry_after: Option<Duration>,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ClientError {
    pub(crate) fn new(hop: Hop, doing: impl fmt::Display, seen: impl Into<String>) -> Self {
        Self {
            hop,
            doing: doing.to_string(),
            seen: seen.into(),
            status: None,
            codes: Vec::new(),
            without_login: false,
            retry_after: None,
            source: None,
        }
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|c| c.code == code)
    }

    /// The action that an AWS answer says is not allowed, e.g. `ecr:BatchGetImage`.
    pub fn missing_action(&self) -> Option<&str> {
        self.codes.iter().find_map(|c| denied_action(&c.message))
    }

    /// The port was asked by TLS and speaks something else: the address is wrong, not a certificate.
    pub fn is_without_tls(&self) -> bool {
        self.hop == Hop::Tls && self.seen.ends_with(SPEAKS_NO_TLS)
    }

    /// There are no AWS keys at all, which is another thing than keys that cannot be loaded.
    pub fn is_without_aws_keys(&self) -> bool {
        self.seen == NO_AWS_KEYS
    }

    /// What to do about it, for a person.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.hop {
            Hop::Proxy if self.status == Some(407) => "check the user name and password of the proxy",
            Hop::Proxy => {
                "check the proxy's address, and that it may be used for this registry; hosts that need no proxy can be left out of it"
            }
            Hop::ProxyPolicy => {
                "enter the address of a proxy that may be used; which addresses are connected to is decided by the endpoint policy"
            }
            Hop::Dns => "check the spelling of the host name and that this machine can resolve it",
            Hop::Tcp => "check host and port, and that no firewall is between",
            Hop::Tls if self.is_without_tls() => {
                "check the port; for a registry without TLS write http:// before the host"
            }
            Hop::Tls => "give the registry's CA certificate, or skip verification if you trust the network",
            Hop::Auth | Hop::Permission if self.without_login => {
                "give a user name and password; `packyard login` stores them for the command line"
            }
            Hop::ClientCertificate => "give the certificate and key that the registry's operator made for you",
            Hop::Auth => "check user name and password or keys; tokens may have expired",
            Hop::Permission => "the credentials are good, but they lack a right",
            Hop::Path => "check the repository path",
            Hop::RateLimited => "wait, then try again",
            Hop::Rejected if self.status == Some(405) => {
                "the registry does not take this here: it may be read-only, for maintenance or as a mirror of another one"
            }
            Hop::Protocol if self.seen.ends_with(WANTS_TLS) => "write https:// before the host",
            Hop::Protocol => "check that the address is that of the registry itself, not of its web page or of a proxy",
            Hop::AddressPolicy => {
                "enter the address of the registry itself; which addresses are connected to is decided by the endpoint policy"
            }
            _ => return None,
        })
    }
}

/// The action in AWS's sentence `User: … is not authorized to perform: ecr:PutImage on resource: …`.
fn denied_action(message: &str) -> Option<&str> {
    let rest = message.split_once("is not authorized to perform: ")?.1;
    let action = rest.split([' ', ',']).next()?;
    let (service, name) = action.split_once(':')?;
    let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    (word(service) && word(name)).then_some(action)
}

/// Text from outside, made safe for one line of a message: cut, and control and direction-changing characters escaped.
/// Quoting what was quoted changes nothing.
pub(crate) fn quoted(text: &str, limit: usize) -> String {
    let text = text.trim();
    let mut out = String::new();
    for c in text.chars().take(limit) {
        if c.is_control() || is_format(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    if text.chars().count() > limit {
        out.push('…');
    }
    out
}

/// Invisible characters that change how the text around them is shown.
fn is_format(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_denied_action_is_read_from_awss_sentence() {
        let text = "User: arn:aws:iam::1:user/u is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:us-east-1:1:repository/a because no identity-based policy allows the ecr:BatchGetImage action";
        assert_eq!(denied_action(text), Some("ecr:BatchGetImage"));
        for other in ["", "is not authorized to perform: ", "is not authorized to perform: x y", "Access Denied"] {
            assert_eq!(denied_action(other), None, "{other}");
        }
    }

    #[test]
    fn a_registry_that_takes_nothing_is_explained() {
        let error = ClientError { status: Some(405), ..ClientError::new(Hop::Rejected, "upload the blob", "405") };
        assert!(error.hint().is_some_and(|hint| hint.contains("read-only")));
        assert_eq!(ClientError { status: Some(400), ..error }.hint(), None);
    }

    #[test]
    fn hostile_text_is_escaped_and_cut() {
        assert_eq!(quoted("a\u{1b}[31m\n\u{202e}b it's", 40), "a\\u{1b}[31m\\n\\u{202e}b it's");
        assert_eq!(quoted(&quoted("x\n'", 9), 9), "x\\n'");
        assert_eq!(quoted(&"x".repeat(50), 3), "xxx…");
    }
}
