//! What must be gone before a principal may be deleted. Roles in projects go along: IAM's clients know nothing of them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leftover {
    LoginProfile,
    AccessKeys,
    InlinePolicies,
    AttachedPolicies,
}

impl Leftover {
    /// In the order they are named: the first that is there.
    pub(super) const ALL: [Self; 4] =
        [Self::LoginProfile, Self::AccessKeys, Self::InlinePolicies, Self::AttachedPolicies];

    pub(super) fn count(self) -> &'static str {
        match self {
            Self::LoginProfile => "SELECT COUNT(*) FROM login_profile WHERE principal = $1",
            Self::AccessKeys => "SELECT COUNT(*) FROM access_key WHERE principal = $1",
            Self::InlinePolicies => "SELECT COUNT(*) FROM inline_policy WHERE principal = $1",
            Self::AttachedPolicies => "SELECT COUNT(*) FROM attached_policy WHERE principal = $1",
        }
    }
}
