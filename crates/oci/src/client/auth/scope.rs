//! What a token is good for (distribution's token specification, "Requesting a Token").

/// What a call wants to do, as token servers spell it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Scope(String);

impl Scope {
    /// `GET /v2/`: any credentials that are good.
    pub(crate) fn none() -> Self {
        Self(String::new())
    }

    pub(crate) fn catalog() -> Self {
        Self("registry:catalog:*".into())
    }

    pub(crate) fn pull(repository: &crate::RepoName) -> Self {
        Self(format!("repository:{repository}:pull"))
    }

    pub(crate) fn push(repository: &crate::RepoName) -> Self {
        Self(format!("repository:{repository}:pull,push"))
    }

    /// As it stands in a request; empty where nothing in particular is wanted.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Both scopes, for a mount.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(format!("{} {}", self.0, other.0))
    }

    /// Whether a token for this scope is good for all of `wanted`.
    pub(super) fn covers(&self, wanted: &Self) -> bool {
        let pushes = |part: &str| part.strip_suffix(":pull").map(|repository| format!("{repository}:pull,push"));
        let holds = |part: &str| self.0.split(' ').any(|own| own == part || pushes(part).as_deref() == Some(own));
        !wanted.0.is_empty() && wanted.0.split(' ').all(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_covers_what_it_was_fetched_for() {
        let (a, b) = ("team/a".parse().unwrap(), "team/b".parse().unwrap());
        let held = Scope::push(&a).and(Scope::pull(&b));
        for (wanted, covered) in [
            (Scope::pull(&a), true),
            (Scope::push(&a), true),
            (Scope::push(&a).and(Scope::pull(&b)), true),
            (Scope::push(&b), false),
            (Scope::pull(&"team".parse().unwrap()), false),
            (Scope::none(), false),
        ] {
            assert_eq!(held.covers(&wanted), covered, "{wanted:?}");
        }
    }
}
