//! The answer no: AWS's sentence for every client, and what whoever explains it needs to know.

use crate::policy::Reason;

/// Why not. Displays AWS's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Denied {
    message: String,
    action: String,
    resource: String,
    /// `None`: the rights could not be read.
    reason: Option<Reason>,
}

impl Denied {
    pub(crate) fn new(arn: &str, action: &str, resource: &str, reason: Reason) -> Self {
        Self {
            message: sentence(arn, action, resource, reason),
            action: action.to_owned(),
            resource: resource.to_owned(),
            reason: Some(reason),
        }
    }

    pub(crate) fn unavailable(arn: &str, action: &str, resource: &str) -> Self {
        Self {
            message: format!(
                "The rights of {arn} for {action} could not be read. Try again; the server's log says why."
            ),
            action: action.to_owned(),
            resource: resource.to_owned(),
            reason: None,
        }
    }

    /// The database could not be asked, so the answer had to be no: a server error, not a matter of rights.
    pub fn is_unavailable(&self) -> bool {
        self.reason.is_none()
    }

    /// No policy of the caller allows the action. Else one forbids it, and one more that allows it would change nothing.
    pub fn is_for_want_of_a_policy(&self) -> bool {
        self.reason == Some(Reason::NoIdentityAllow)
    }

    /// The resource's own policy forbids it.
    pub(crate) fn is_by_the_resource(&self) -> bool {
        self.reason == Some(Reason::DeniedByResource)
    }

    pub fn action(&self) -> &str {
        &self.action
    }

    /// The ARN it was asked about; `*` where it was no single thing.
    pub fn resource(&self) -> &str {
        &self.resource
    }
}

fn sentence(arn: &str, action: &str, resource: &str, reason: Reason) -> String {
    let because = match reason {
        Reason::DeniedByIdentity => " with an explicit deny in an identity-based policy".to_owned(),
        Reason::DeniedBySession => " with an explicit deny in a session policy".to_owned(),
        Reason::DeniedByResource => " with an explicit deny in a resource-based policy".to_owned(),
        Reason::NoIdentityAllow => format!(" because no identity-based policy allows the {action} action"),
        Reason::NoSessionAllow => format!(" because no session policy allows the {action} action"),
        Reason::NoResourceAllow => format!(" because no resource-based policy allows the {action} action"),
    };
    format!("User: {arn} is not authorized to perform: {action} on resource: {resource}{because}")
}
