//! The decision: explicit deny first, then whether identity, session and resource policies allow together.
//!
//! Same account: an allow by the identity or by the resource's policy is enough. Another account: both are needed.
//! A resource's policy that names the account (or its root) only passes the question on to the identity's policies.

use super::ConditionKeys;
use super::document::{Effect, Policy, PrincipalPattern, Statement};
use std::sync::Arc;

/// The asking principal, as policies name it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    pub(crate) account: &'a str,
    pub(crate) arn: &'a str,
    /// For an assumed role: the role's ARN (`arn` is the session's).
    pub(crate) role_arn: Option<&'a str>,
    pub(crate) is_root: bool,
}

pub(crate) struct Question<'a> {
    pub(crate) who: Who<'a>,
    pub(crate) action: &'a str,
    /// An ARN, or `*` where the action has no resource.
    pub(crate) resource: &'a str,
    pub(crate) keys: &'a dyn ConditionKeys,
}

pub(crate) struct Policies<'a> {
    pub(crate) identity: &'a [Arc<Policy>],
    /// `Some` when the session was made with policies of its own: what they do not allow is not allowed.
    pub(crate) session: Option<&'a [Arc<Policy>]>,
    pub(crate) resource: Option<&'a Policy>,
    /// For trust policies: the resource must name the asker, whatever identity policies say.
    pub(crate) resource_must_allow: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    DeniedByIdentity,
    DeniedBySession,
    DeniedByResource,
    NoIdentityAllow,
    NoSessionAllow,
    NoResourceAllow,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Allow,
    Deny(Reason),
}

/// How directly a statement's principal element names who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    No,
    ByAccount,
    /// The user or role itself, or everyone.
    Directly,
    /// The very session of an assumed role: its session policies do not bound this.
    Session,
}

pub(crate) fn decide(question: &Question<'_>, policies: &Policies<'_>) -> Decision {
    let denied = |documents: &[Arc<Policy>]| {
        documents.iter().flat_map(|policy| &policy.statements).any(|s| s.effect == Effect::Deny && applies(s, question))
    };
    let allowed = |documents: &[Arc<Policy>]| {
        documents
            .iter()
            .flat_map(|policy| &policy.statements)
            .any(|s| s.effect == Effect::Allow && applies(s, question))
    };
    if denied(policies.identity) {
        return Decision::Deny(Reason::DeniedByIdentity);
    }
    if policies.session.is_some_and(denied) {
        return Decision::Deny(Reason::DeniedBySession);
    }
    if policies.resource.is_some_and(|policy| resource_denies(policy, question)) {
        return Decision::Deny(Reason::DeniedByResource);
    }
    let named = policies.resource.map_or(Named::No, |policy| resource_allows(policy, question));
    if policies.resource_must_allow && named == Named::No {
        return Decision::Deny(Reason::NoResourceAllow);
    }
    let identity = question.who.is_root || allowed(policies.identity);
    let session = policies.session.is_none_or(allowed);
    if same_account(question) {
        return match (named, identity, session) {
            (Named::Session, _, _) => Decision::Allow,
            (Named::Directly, _, true) | (_, true, true) => Decision::Allow,
            (Named::Directly, _, false) | (_, true, false) => Decision::Deny(Reason::NoSessionAllow),
            (_, false, _) => Decision::Deny(Reason::NoIdentityAllow),
        };
    }
    match (named > Named::No, identity, session) {
        (true, true, true) => Decision::Allow,
        (_, false, _) => Decision::Deny(Reason::NoIdentityAllow),
        (false, ..) => Decision::Deny(Reason::NoResourceAllow),
        (.., false) => Decision::Deny(Reason::NoSessionAllow),
    }
}

/// Resources without an account in their ARN (also those of the account `aws`), and `*`, are the asker's own.
fn same_account(question: &Question<'_>) -> bool {
    match question.resource.split(':').nth(4) {
        Some("" | "aws") | None => true,
        Some(account) => account == question.who.account,
    }
}

fn applies(statement: &Statement, question: &Question<'_>) -> bool {
    statement.action.selects(|action| action.matches(question.action, question.keys))
        && statement
            .resource
            .as_ref()
            .is_none_or(|resource| resource.selects(|arn| arn.matches(question.resource, question.keys)))
        && statement.conditions.iter().all(|condition| condition.holds(question.keys))
}

fn resource_denies(policy: &Policy, question: &Question<'_>) -> bool {
    policy.statements.iter().any(|s| s.effect == Effect::Deny && named(s, question) > Named::No && applies(s, question))
}

fn resource_allows(policy: &Policy, question: &Question<'_>) -> Named {
    policy
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Allow && applies(s, question))
        .map(|s| named(s, question))
        .max()
        .unwrap_or(Named::No)
}

fn named(statement: &Statement, question: &Question<'_>) -> Named {
    let Some(principal) = &statement.principal else {
        return Named::Directly;
    };
    let who = &question.who;
    if principal.inverted {
        let spared = match statement.effect {
            Effect::Deny => is_exempt(&principal.of, who),
            Effect::Allow => principal.of.iter().any(|pattern| names(pattern, who) > Named::No),
        };
        return if spared { Named::No } else { Named::Directly };
    }
    principal.of.iter().map(|pattern| names(pattern, who)).max().unwrap_or(Named::No)
}

fn names(pattern: &PrincipalPattern, who: &Who<'_>) -> Named {
    match pattern {
        PrincipalPattern::Anyone => Named::Directly,
        PrincipalPattern::Account(account) if account == who.account => Named::ByAccount,
        PrincipalPattern::Arn(arn) if who.role_arn.is_some() && arn == who.arn => Named::Session,
        PrincipalPattern::Arn(arn) if arn == who.arn || Some(arn.as_str()) == who.role_arn => Named::Directly,
        _ => Named::No,
    }
}

/// Whether a deny with `NotPrincipal` leaves the asker alone. The account in such a list stands for its root only, and
/// a role's session has to be there beside its role: AWS's own examples list all of them ("NotPrincipal" in the IAM
/// user guide), and whoever copies one means to deny everybody else in that account.
fn is_exempt(spared: &[PrincipalPattern], who: &Who<'_>) -> bool {
    let has =
        |wanted: &str| spared.iter().any(|pattern| matches!(pattern, PrincipalPattern::Arn(arn) if arn == wanted));
    spared.iter().any(|pattern| match pattern {
        PrincipalPattern::Anyone => true,
        PrincipalPattern::Account(account) => who.is_root && account == who.account,
        PrincipalPattern::Arn(_) | PrincipalPattern::Foreign => false,
    }) || (has(who.arn) && who.role_arn.is_none_or(has))
}
