//! Parsing policy documents, with IAM's messages for what is wrong.

use super::condition::{self, Condition};
use super::pattern::{ArnPattern, Pattern, Reading};
use packyard_oci::unique_keys;
use serde_json::{Map, Value};

/// Where a document is used decides which elements it must and must not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// Attached to a user or a role: resources, no principals.
    Identity,
    /// Attached to a resource (a repository): principals; the resource is understood.
    Resource,
    /// Who may assume a role: principals, no resources.
    Trust,
}

/// What IAM calls `MalformedPolicyDocument`. The text is for the person who wrote the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedPolicy(String);

impl MalformedPolicy {
    pub(crate) fn syntax(detail: impl AsRef<str>) -> Self {
        Self(format!("Syntax errors in policy. ({})", detail.as_ref()))
    }

    pub(crate) fn no_vendor(what: &str) -> Self {
        Self(format!("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc. ({what} is not)"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// `X` or `NotX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selection<T> {
    pub(crate) inverted: bool,
    pub(crate) of: Vec<T>,
}

impl<T> Selection<T> {
    pub(crate) fn selects(&self, test: impl Fn(&T) -> bool) -> bool {
        self.of.iter().any(test) != self.inverted
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PrincipalPattern {
    Anyone,
    /// An account id, or its `:root` ARN: everyone in it whom their own policies allow.
    Account(String),
    Arn(String),
    /// A service or a federated provider: never one of ours.
    Foreign,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) effect: Effect,
    pub(crate) principal: Option<Selection<PrincipalPattern>>,
    pub(crate) action: Selection<Pattern>,
    pub(crate) resource: Option<Selection<ArnPattern>>,
    pub(crate) conditions: Vec<Condition>,
}

/// A parsed document.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub(crate) statements: Vec<Statement>,
}

fn not_json(error: serde_json::Error) -> MalformedPolicy {
    MalformedPolicy::syntax(format!("not valid JSON: {error}"))
}

impl Policy {
    pub fn parse(text: &str, kind: DocumentKind) -> Result<Self, MalformedPolicy> {
        // A condition that stands twice would lose its first half: more would be allowed than was written.
        unique_keys::check(text.as_bytes()).map_err(not_json)?;
        Self::parse_stored(text, kind)
    }

    /// Of a document that was taken before keys had to be unique, the last of two counts, as it did then.
    pub(crate) fn parse_stored(text: &str, kind: DocumentKind) -> Result<Self, MalformedPolicy> {
        let value: Value = serde_json::from_str(text).map_err(not_json)?;
        let Value::Object(document) = value else {
            return Err(MalformedPolicy::syntax("the document is not an object"));
        };
        only(&document, &["Version", "Id", "Statement"])?;
        let variables = match document.get("Version").map(Value::as_str) {
            Some(Some("2012-10-17")) => true,
            Some(Some("2008-10-17")) | None => false,
            Some(_) => {
                return Err(MalformedPolicy(
                    "The policy must contain a valid version string (2012-10-17 or 2008-10-17)".into(),
                ));
            }
        };
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().collect(),
            Some(one @ Value::Object(_)) => vec![one],
            _ => return Err(MalformedPolicy::syntax("Statement is missing, or neither an object nor a list")),
        };
        if statements.is_empty() {
            return Err(MalformedPolicy::syntax("Statement is an empty list"));
        }
        let statements =
            statements.into_iter().map(|value| statement(value, kind, variables)).collect::<Result<_, _>>()?;
        Ok(Self { statements })
    }
}

fn statement(value: &Value, kind: DocumentKind, variables: bool) -> Result<Statement, MalformedPolicy> {
    let Value::Object(element) = value else {
        return Err(MalformedPolicy::syntax("a statement is not an object"));
    };
    only(
        element,
        &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"],
    )?;
    if element.get("Sid").is_some_and(|sid| !sid.is_string()) {
        return Err(MalformedPolicy::syntax("Sid is not a text"));
    }
    let effect = match element.get("Effect").and_then(Value::as_str) {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return Err(MalformedPolicy::syntax("Effect is neither Allow nor Deny")),
    };
    let action = one_of(element, "Action", "NotAction")?
        .ok_or_else(|| MalformedPolicy("Policy statement must contain actions.".into()))?;
    let action = select(action, action_pattern)?;
    let conditions = element.get("Condition").map_or(Ok(Vec::new()), |c| condition::parse(c, variables))?;
    Ok(Statement {
        effect,
        principal: principal(element, kind)?,
        action,
        resource: resource(element, kind, variables)?,
        conditions,
    })
}

fn only(object: &Map<String, Value>, known: &[&str]) -> Result<(), MalformedPolicy> {
    match object.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(MalformedPolicy::syntax(format!("{unknown} is not an element of a policy"))),
        None => Ok(()),
    }
}

/// The element under `name` or under `not`, and whether it was the second.
fn one_of<'a>(
    element: &'a Map<String, Value>,
    name: &str,
    not: &str,
) -> Result<Option<(bool, &'a Value)>, MalformedPolicy> {
    match (element.get(name), element.get(not)) {
        (Some(_), Some(_)) => Err(MalformedPolicy::syntax(format!("a statement has both {name} and {not}"))),
        (Some(value), None) => Ok(Some((false, value))),
        (None, Some(value)) => Ok(Some((true, value))),
        (None, None) => Ok(None),
    }
}

fn select<T>(
    (inverted, value): (bool, &Value),
    parse: impl Fn(&str) -> Result<T, MalformedPolicy>,
) -> Result<Selection<T>, MalformedPolicy> {
    let of = texts(value)?.into_iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    if of.is_empty() {
        return Err(MalformedPolicy::syntax("an element of a statement is an empty list"));
    }
    Ok(Selection { inverted, of })
}

fn texts(value: &Value) -> Result<Vec<&str>, MalformedPolicy> {
    let wrong = || MalformedPolicy::syntax(format!("{value} is neither a text nor a list of texts"));
    match value {
        Value::String(text) => Ok(vec![text]),
        Value::Array(list) => list.iter().map(|item| item.as_str().ok_or_else(wrong)).collect(),
        _ => Err(wrong()),
    }
}

fn action_pattern(text: &str) -> Result<Pattern, MalformedPolicy> {
    let vendor = text.split_once(':').is_some_and(|(vendor, name)| !vendor.is_empty() && !name.is_empty());
    if text != "*" && !vendor {
        return Err(MalformedPolicy::no_vendor(text));
    }
    Ok(Pattern::parse(text, Reading { wildcards: true, variables: false }).ignoring_case())
}

fn resource(
    element: &Map<String, Value>,
    kind: DocumentKind,
    variables: bool,
) -> Result<Option<Selection<ArnPattern>>, MalformedPolicy> {
    let Some(found) = one_of(element, "Resource", "NotResource")? else {
        return match kind {
            DocumentKind::Identity => Err(MalformedPolicy("Policy statement must contain resources.".into())),
            DocumentKind::Resource | DocumentKind::Trust => Ok(None),
        };
    };
    if kind == DocumentKind::Trust {
        return Err(MalformedPolicy("Has prohibited field Resource".into()));
    }
    select(found, |text| {
        if text != "*" && !text.starts_with("arn:") {
            return Err(MalformedPolicy(format!("Resource {text} must be in ARN format or \"*\".")));
        }
        Ok(ArnPattern::parse(text, variables))
    })
    .map(Some)
}

fn principal(
    element: &Map<String, Value>,
    kind: DocumentKind,
) -> Result<Option<Selection<PrincipalPattern>>, MalformedPolicy> {
    let found = one_of(element, "Principal", "NotPrincipal")?;
    let Some((inverted, value)) = found else {
        return match kind {
            DocumentKind::Identity => Ok(None),
            DocumentKind::Resource | DocumentKind::Trust => {
                Err(MalformedPolicy("Missing required field Principal".into()))
            }
        };
    };
    if kind == DocumentKind::Identity {
        return Err(MalformedPolicy("Policy document should not specify a principal.".into()));
    }
    let of = match value {
        Value::String(all) if all == "*" => vec![PrincipalPattern::Anyone],
        Value::Object(by_kind) => {
            let mut of = Vec::new();
            for (kind, value) in by_kind {
                for text in texts(value)? {
                    of.push(principal_pattern(kind, text)?);
                }
            }
            of
        }
        _ => return Err(MalformedPolicy::syntax("Principal is neither \"*\" nor an object")),
    };
    if of.is_empty() {
        return Err(MalformedPolicy::syntax("Principal names nobody"));
    }
    Ok(Some(Selection { inverted, of }))
}

fn principal_pattern(kind: &str, text: &str) -> Result<PrincipalPattern, MalformedPolicy> {
    let invalid = || MalformedPolicy(format!("Invalid principal in policy: \"{kind}\":\"{text}\""));
    match kind {
        "AWS" if text == "*" => Ok(PrincipalPattern::Anyone),
        "AWS" if is_account(text) => Ok(PrincipalPattern::Account(text.to_owned())),
        "AWS" => {
            let parts: Vec<&str> = text.splitn(6, ':').collect();
            match parts.as_slice() {
                ["arn", _, "iam", "", account, "root"] if is_account(account) => {
                    Ok(PrincipalPattern::Account((*account).to_owned()))
                }
                // A wildcard inside a principal's ARN is not allowed in IAM.
                ["arn", _, "iam" | "sts", "", account, name]
                    if is_account(account) && !name.is_empty() && !name.contains(['*', '?']) =>
                {
                    Ok(PrincipalPattern::Arn(text.to_owned()))
                }
                _ => Err(invalid()),
            }
        }
        "Service" | "Federated" | "CanonicalUser" => Ok(PrincipalPattern::Foreign),
        _ => Err(invalid()),
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}
