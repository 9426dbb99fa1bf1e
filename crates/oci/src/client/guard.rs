//! Which addresses a call may reach (oci.md section 5, attack 21).
//!
//! Invariants: link-local and metadata addresses are never connected to; a name is resolved once and the addresses
//! that were checked are the ones connected to (no DNS rebinding between check and use); a host that was not typed by
//! a person (redirect, token realm, upload location) is never of a more private class than the typed one.

use super::address::{AddressClass, AddressRefused, EndpointPolicy};
use super::endpoint::is_loopback;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

#[derive(Debug, thiserror::Error)]
#[error("the name {host} does not resolve: {reason}")]
pub(crate) struct NotResolved {
    host: String,
    reason: String,
}

/// The guard of one client: knows which host a person typed.
pub(crate) struct Guard {
    policy: EndpointPolicy,
    typed: String,
    /// Proxies that the environment names: the operator's own, so not judged.
    proxies: Vec<String>,
    /// The proxy that was given for the registry: typed as well, so judged by the policy alone.
    given_proxy: Option<String>,
    /// The most public class seen for the typed host, as a number; 255 while unknown.
    typed_class: AtomicU8,
}

impl Guard {
    pub(crate) fn new(
        policy: EndpointPolicy,
        typed: &str,
        proxies: Vec<String>,
        given_proxy: Option<&str>,
    ) -> Arc<Self> {
        let given_proxy = given_proxy.map(|host| host.trim_matches(['[', ']']).to_ascii_lowercase());
        let typed_class = AtomicU8::new(u8::MAX);
        let guard = Self { policy, typed: typed.to_ascii_lowercase(), proxies, given_proxy, typed_class };
        if is_loopback(typed) {
            guard.remember(AddressClass::Loopback);
        } else if let Ok(ip) = typed.parse() {
            guard.remember(AddressClass::of(ip));
        }
        Arc::new(guard)
    }

    /// Hosts of the proxies that the environment names.
    pub(crate) fn proxies(&self) -> &[String] {
        &self.proxies
    }

    /// Whether it is the host that a person typed.
    pub(crate) fn is_typed(&self, host: &str) -> bool {
        host.trim_matches(['[', ']']).eq_ignore_ascii_case(&self.typed)
    }

    /// Judges a host that is an address; names are judged when they are resolved.
    pub(crate) fn check_host(&self, host: &str) -> Result<(), AddressRefused> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(ip) => self.judge(bare, ip),
            Err(_) => Ok(()),
        }
    }

    fn judge(&self, host: &str, ip: IpAddr) -> Result<(), AddressRefused> {
        let class = AddressClass::of(ip);
        let host = host.to_ascii_lowercase();
        if class == AddressClass::Forbidden {
            return Err(AddressRefused::Forbidden { host, ip });
        }
        if !self.policy.allows(class) {
            return Err(AddressRefused::Policy { host, ip });
        }
        if host == self.typed {
            self.remember(class);
        } else if self.given_proxy.as_ref() == Some(&host) {
            return Ok(());
        } else if class as u8 > self.typed_class() {
            return Err(AddressRefused::MorePrivate { host, ip, typed: self.typed.clone() });
        }
        Ok(())
    }

    fn remember(&self, class: AddressClass) {
        self.typed_class.fetch_min(class as u8, Ordering::Relaxed);
    }

    /// An unknown class counts as public, so that nothing is more public than it by accident.
    fn typed_class(&self) -> u8 {
        match self.typed_class.load(Ordering::Relaxed) {
            u8::MAX => AddressClass::Public as u8,
            class => class,
        }
    }

    async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
        let not_resolved = |reason: String| NotResolved { host: host.to_owned(), reason };
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((host, 0)).await.map_err(|e| not_resolved(e.to_string()))?.collect();
        if self.proxies.iter().any(|proxy| proxy.eq_ignore_ascii_case(host)) {
            return Ok(found);
        }
        let mut allowed = Vec::with_capacity(found.len());
        let mut refused = None;
        for addr in found {
            match self.judge(host, addr.ip()) {
                Ok(()) => allowed.push(addr),
                Err(why) => refused = Some(why),
            }
        }
        match (allowed.is_empty(), refused) {
            (false, _) => Ok(allowed),
            (true, Some(why)) => Err(why.into()),
            (true, None) => Err(not_resolved("it has no address".into()).into()),
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").field("policy", &self.policy).field("typed", &self.typed).finish_non_exhaustive()
    }
}

/// The guard as the resolver of an HTTP client: what it returns is what gets connected to.
pub(crate) struct GuardedResolver(pub(crate) Arc<Guard>);

impl reqwest::dns::Resolve for GuardedResolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let guard = self.0.clone();
        Box::pin(async move {
            let found = guard.resolve(name.as_str()).await?;
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_nobody_typed_may_not_be_more_private() {
        let guard = Guard::new(EndpointPolicy::Any, "203.0.113.7", Vec::new(), None);
        assert!(guard.check_host("203.0.113.7").is_ok());
        assert!(guard.check_host("8.8.8.8").is_ok());
        for ip in ["10.0.0.1", "127.0.0.1", "[::1]", "[::ffff:10.0.0.1]"] {
            assert!(matches!(guard.check_host(ip), Err(AddressRefused::MorePrivate { .. })), "{ip}");
        }
        let private = Guard::new(EndpointPolicy::Any, "10.0.0.9", Vec::new(), None);
        assert!(private.check_host("192.168.0.1").is_ok());
        assert!(private.check_host("127.0.0.1").is_err());
        assert!(private.check_host("169.254.169.254").is_err());
    }

    #[test]
    fn the_public_policy_refuses_what_is_not() {
        let guard = Guard::new(EndpointPolicy::Public, "127.0.0.1", Vec::new(), None);
        assert!(matches!(guard.check_host("127.0.0.1"), Err(AddressRefused::Policy { .. })));
        assert!(Guard::new(EndpointPolicy::Any, "127.0.0.1", Vec::new(), None).check_host("127.0.0.1").is_ok());
    }

    #[tokio::test]
    async fn names_are_judged_by_what_they_resolve_to() {
        let outside = Guard::new(EndpointPolicy::Any, "203.0.113.7", Vec::new(), None);
        let error = outside.resolve("localhost").await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(AddressRefused::MorePrivate { .. })), "{error}");
        let inside = Guard::new(EndpointPolicy::Any, "localhost", Vec::new(), None);
        assert!(inside.resolve("localhost").await.is_ok_and(|found| found.iter().all(|a| a.ip().is_loopback())));
        let proxied = Guard::new(EndpointPolicy::Public, "203.0.113.7", vec!["LocalHost".into()], None);
        assert!(proxied.resolve("localhost").await.is_ok(), "a proxy that the environment names is the operator's");
        let given = |policy| Guard::new(policy, "203.0.113.7", Vec::new(), Some("localhost"));
        assert!(given(EndpointPolicy::Any).resolve("localhost").await.is_ok(), "a proxy that was typed");
        assert!(given(EndpointPolicy::Public).resolve("localhost").await.is_err(), "the policy is for it too");
        assert!(inside.resolve("no-such-host.invalid").await.unwrap_err().downcast_ref::<NotResolved>().is_some());
    }
}
