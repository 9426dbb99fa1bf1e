//! The evaluator alone, and beside an independent one on generated policies.

use super::*;
use std::collections::HashMap;
use std::sync::Arc;

#[derive(Default)]
struct Facts(HashMap<String, Vec<String>>);

impl Facts {
    fn of(pairs: &[(&str, &[&str])]) -> Self {
        let own = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Self(pairs.iter().map(|(key, values)| (key.to_ascii_lowercase(), own(values))).collect())
    }
}

impl ConditionKeys for Facts {
    fn values(&self, key: &str) -> Option<Vec<Cow<'_, str>>> {
        Some(self.0.get(key)?.iter().map(|value| Cow::Borrowed(value.as_str())).collect())
    }
}

const ACCOUNT: &str = "123456789012";
const ADA: Who<'_> =
    Who { account: ACCOUNT, arn: "arn:aws:iam::123456789012:user/ada", role_arn: None, is_root: false };

struct Case<'a> {
    who: Who<'a>,
    action: &'a str,
    resource: &'a str,
    facts: Facts,
    identity: Vec<String>,
    session: Option<Vec<String>>,
    resource_policy: Option<String>,
}

impl Case<'_> {
    fn new() -> Self {
        Self {
            who: ADA,
            action: "ecr:PutImage",
            resource: "arn:aws:ecr:us-east-1:123456789012:repository/base/nginx",
            facts: Facts::default(),
            identity: Vec::new(),
            session: None,
            resource_policy: None,
        }
    }

    fn decide(&self) -> Decision {
        let parse = |texts: &[String]| -> Vec<Arc<Policy>> {
            texts.iter().map(|text| Arc::new(Policy::parse(text, DocumentKind::Identity).unwrap())).collect()
        };
        let identity = parse(&self.identity);
        let session = self.session.as_deref().map(parse);
        let resource = self.resource_policy.as_ref().map(|text| Policy::parse(text, DocumentKind::Resource).unwrap());
        let question = Question { who: self.who, action: self.action, resource: self.resource, keys: &self.facts };
        let policies = Policies {
            identity: &identity,
            session: session.as_deref(),
            resource: resource.as_ref(),
            resource_must_allow: false,
        };
        decide(&question, &policies)
    }
}

fn statement(effect: &str, action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Action":"{action}","Resource":"{resource}"}}}}"#
    )
}

fn grant(effect: &str, principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":{{"AWS":"{principal}"}},"Action":"ecr:*"}}]}}"#
    )
}

fn identity(action: &str, resource: &str) -> Decision {
    Case { identity: vec![statement("Allow", action, resource)], ..Case::new() }.decide()
}

const NO: Decision = Decision::Deny(Reason::NoIdentityAllow);

#[test]
fn actions_match_without_case_and_with_wildcards() {
    for yes in ["ecr:PutImage", "ECR:putimage", "ecr:Put*", "ecr:*", "*", "e?r:PutImage", "*:PutImage"] {
        assert_eq!(identity(yes, "*"), Decision::Allow, "{yes}");
    }
    for no in ["ecr:PutImag", "ecr:PutImages", "ec2:*", "ecr:Get*", "ecr:?utImag"] {
        assert_eq!(identity(no, "*"), NO, "{no}");
    }
}

#[test]
fn resources_match_segment_by_segment_and_with_case() {
    for yes in [
        "*",
        "arn:aws:ecr:*:*:repository/*",
        "arn:aws:ecr:us-east-1:123456789012:repository/base/*",
        "arn:aws:ecr:us-*-1:123456789012:repository/b?se/nginx",
        "arn:*:ecr:*:*:*",
        "arn:aws:ecr:*",
    ] {
        assert_eq!(identity("ecr:PutImage", yes), Decision::Allow, "{yes}");
    }
    for no in [
        "arn:aws:ecr:*:*:repository/Base/*",
        "arn:aws:ecr:us-east-1:123456789012:repository/base",
        "arn:aws:s3:*:*:*",
        "arn:aws:ecr:us-east-1*:repository/base/nginx",
    ] {
        assert_eq!(identity("ecr:PutImage", no), NO, "{no}");
    }
}

#[test]
fn deny_wins_wherever_it_stands() {
    let allow = statement("Allow", "*", "*");
    let deny = statement("Deny", "ecr:Put*", "*");
    let both = Case { identity: vec![allow.clone(), deny.clone()], ..Case::new() };
    assert_eq!(both.decide(), Decision::Deny(Reason::DeniedByIdentity));
    let session = Case { identity: vec![allow.clone()], session: Some(vec![allow.clone(), deny]), ..Case::new() };
    assert_eq!(session.decide(), Decision::Deny(Reason::DeniedBySession));
    let resource = Case { identity: vec![allow], resource_policy: Some(grant("Deny", ACCOUNT)), ..Case::new() };
    assert_eq!(resource.decide(), Decision::Deny(Reason::DeniedByResource));
}

#[test]
fn in_one_account_either_side_is_enough() {
    let named = Case { resource_policy: Some(grant("Allow", ADA.arn)), ..Case::new() };
    assert_eq!(named.decide(), Decision::Allow);
    let everyone = Case { resource_policy: Some(grant("Allow", "*")), ..Case::new() };
    assert_eq!(everyone.decide(), Decision::Allow);
    let account = Case { resource_policy: Some(grant("Allow", "arn:aws:iam::123456789012:root")), ..Case::new() };
    assert_eq!(account.decide(), NO, "the account's own policies must still allow");
    let other = Case { resource_policy: Some(grant("Allow", "arn:aws:iam::123456789012:user/bob")), ..Case::new() };
    assert_eq!(other.decide(), NO);
}

#[test]
fn across_accounts_both_sides_are_needed() {
    let resource = "arn:aws:ecr:us-east-1:999999999999:repository/base/nginx";
    let allow = vec![statement("Allow", "ecr:*", "*")];
    let only_identity = Case { resource, identity: allow.clone(), ..Case::new() };
    assert_eq!(only_identity.decide(), Decision::Deny(Reason::NoResourceAllow));
    let only_resource = Case { resource, resource_policy: Some(grant("Allow", ACCOUNT)), ..Case::new() };
    assert_eq!(only_resource.decide(), NO);
    let both = Case { resource, identity: allow, resource_policy: Some(grant("Allow", ACCOUNT)), ..Case::new() };
    assert_eq!(both.decide(), Decision::Allow);
}

#[test]
fn session_policies_bound_the_role_but_not_what_names_the_session() {
    let who = Who {
        arn: "arn:aws:sts::123456789012:assumed-role/reader/sync",
        role_arn: Some("arn:aws:iam::123456789012:role/reader"),
        ..ADA
    };
    let session = Some(vec![statement("Allow", "ecr:ListImages", "*")]);
    let allow = vec![statement("Allow", "ecr:*", "*")];
    let bounded = Case { who, identity: allow, session: session.clone(), ..Case::new() };
    assert_eq!(bounded.decide(), Decision::Deny(Reason::NoSessionAllow));
    let role = grant("Allow", "arn:aws:iam::123456789012:role/reader");
    let by_role = Case { who, session: session.clone(), resource_policy: Some(role), ..Case::new() };
    assert_eq!(by_role.decide(), Decision::Deny(Reason::NoSessionAllow));
    let by_session = Case { who, session, resource_policy: Some(grant("Allow", who.arn)), ..Case::new() };
    assert_eq!(by_session.decide(), Decision::Allow);
}

#[test]
fn the_root_needs_no_allow_but_obeys_a_deny() {
    let who = Who { arn: "arn:aws:iam::123456789012:root", is_root: true, ..ADA };
    assert_eq!(Case { who, ..Case::new() }.decide(), Decision::Allow);
    let denied = Case { who, resource_policy: Some(grant("Deny", "*")), ..Case::new() };
    assert_eq!(denied.decide(), Decision::Deny(Reason::DeniedByResource));
}

#[test]
fn everyone_but_the_named_is_not_principal() {
    let policy = |of: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","NotPrincipal":{{"AWS":["{of}"]}},"Action":"*"}}]}}"#
        )
    };
    let allow = vec![statement("Allow", "*", "*")];
    let spared = Case { identity: allow.clone(), resource_policy: Some(policy(ADA.arn)), ..Case::new() };
    assert_eq!(spared.decide(), Decision::Allow);
    let hit = policy("arn:aws:iam::123456789012:user/bob");
    let hit = Case { identity: allow, resource_policy: Some(hit), ..Case::new() };
    assert_eq!(hit.decide(), Decision::Deny(Reason::DeniedByResource));
}

/// AWS's own examples list the account beside those they spare; everybody else in it is still denied.
#[test]
fn in_not_principal_the_account_spares_only_its_root_and_a_role_needs_its_session() {
    const ROOT: &str = "arn:aws:iam::123456789012:root";
    const ROLE: &str = "arn:aws:iam::123456789012:role/reader";
    const SESSION: &str = "arn:aws:sts::123456789012:assumed-role/reader/sync";
    let denied = |who: Who<'_>, spared: &[&str]| {
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "*"}]});
        let allow = vec![statement("Allow", "*", "*")];
        let case = Case { who, identity: allow, resource_policy: Some(policy.to_string()), ..Case::new() };
        case.decide() == Decision::Deny(Reason::DeniedByResource)
    };
    let bob = "arn:aws:iam::123456789012:user/bob";
    assert!(denied(ADA, &[bob, ROOT]) && denied(ADA, &[bob, ACCOUNT]), "neither bob nor the root");
    assert!(!denied(ADA, &[ADA.arn, ROOT]));
    let root = Who { arn: ROOT, is_root: true, ..ADA };
    assert!(!denied(root, &[bob, ROOT]) && !denied(root, &[bob, ACCOUNT]) && denied(root, &[bob]));
    let session = Who { arn: SESSION, role_arn: Some(ROLE), ..ADA };
    assert!(!denied(session, &[SESSION, ROLE, ROOT]));
    assert!(denied(session, &[SESSION]) && denied(session, &[ROLE, ROOT]) && denied(session, &[ROOT]));
}

/// Whether a condition block holds for these facts.
fn holds(condition: &str, facts: &[(&str, &[&str])]) -> bool {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}]}}"#
    );
    Case { identity: vec![policy], facts: Facts::of(facts), ..Case::new() }.decide() == Decision::Allow
}

#[test]
fn operators_compare_as_they_are_called() {
    let table: &[(&str, &str, bool)] = &[
        (r#"{"StringEquals":{"k:a":["x","y"]}}"#, "y", true),
        (r#"{"StringEquals":{"k:a":"X"}}"#, "x", false),
        (r#"{"StringEquals":{"k:a":"*"}}"#, "x", false),
        (r#"{"StringNotEquals":{"k:a":["x","y"]}}"#, "y", false),
        (r#"{"StringNotEquals":{"k:a":["x","y"]}}"#, "z", true),
        (r#"{"StringEqualsIgnoreCase":{"k:a":"ÄB"}}"#, "äb", true),
        (r#"{"StringNotEqualsIgnoreCase":{"k:a":"AB"}}"#, "ab", false),
        (r#"{"StringLike":{"k:a":"a*c?e"}}"#, "abbbcde", true),
        (r#"{"StringLike":{"k:a":"a*c?e"}}"#, "abbbce", false),
        (r#"{"StringNotLike":{"k:a":"a*"}}"#, "b", true),
        (r#"{"ArnLike":{"k:a":"arn:aws:iam::*:user/*"}}"#, "arn:aws:iam::1:user/a/b", true),
        (r#"{"ArnEquals":{"k:a":"arn:aws:iam::*:user/*"}}"#, "arn:aws:iam::1:user/a", true),
        (r#"{"ArnLike":{"k:a":"arn:aws:*:user/a"}}"#, "arn:aws:iam::1:user/a", false),
        (r#"{"ArnNotLike":{"k:a":"arn:aws:iam::*:user/*"}}"#, "arn:aws:iam::1:role/a", true),
        (r#"{"NumericEquals":{"k:a":10}}"#, "10.0", true),
        (r#"{"NumericLessThan":{"k:a":"10"}}"#, "9.5", true),
        (r#"{"NumericLessThanEquals":{"k:a":"10"}}"#, "10", true),
        (r#"{"NumericGreaterThan":{"k:a":"10"}}"#, "10", false),
        (r#"{"NumericGreaterThanEquals":{"k:a":"10"}}"#, "10", true),
        (r#"{"NumericNotEquals":{"k:a":"10"}}"#, "11", true),
        (r#"{"NumericEquals":{"k:a":"10"}}"#, "ten", false),
        (r#"{"DateLessThan":{"k:a":"2026-01-01T00:00:00Z"}}"#, "2025-12-31T23:59:59Z", true),
        (r#"{"DateGreaterThan":{"k:a":"2026-01-01"}}"#, "2026-01-01T00:00:01Z", true),
        (r#"{"DateEquals":{"k:a":"1700000000"}}"#, "2023-11-14T22:13:20Z", true),
        (r#"{"DateNotEquals":{"k:a":"2026-01-01T01:00:00+01:00"}}"#, "2026-01-01T00:00:00Z", false),
        (r#"{"Bool":{"k:a":"true"}}"#, "true", true),
        (r#"{"Bool":{"k:a":false}}"#, "true", false),
        (r#"{"IpAddress":{"k:a":["10.0.0.0/8","2001:db8::/32"]}}"#, "10.9.9.9", true),
        (r#"{"IpAddress":{"k:a":"2001:db8::/32"}}"#, "2001:db8:1::1", true),
        (r#"{"IpAddress":{"k:a":"10.0.0.0/8"}}"#, "11.0.0.0", false),
        (r#"{"IpAddress":{"k:a":"10.0.0.1"}}"#, "10.0.0.1", true),
        (r#"{"IpAddress":{"k:a":"0.0.0.0/0"}}"#, "2001:db8::1", false),
        (r#"{"NotIpAddress":{"k:a":"10.0.0.0/8"}}"#, "11.0.0.0", true),
        (r#"{"BinaryEquals":{"k:a":"AQI="}}"#, "AQI=", true),
        (r#"{"Null":{"k:a":"false"}}"#, "x", true),
        (r#"{"Null":{"k:a":true}}"#, "x", false),
    ];
    for (condition, value, expected) in table {
        assert_eq!(holds(condition, &[("k:a", &[value])]), *expected, "{condition} with {value}");
    }
}

#[test]
fn a_missing_key_fails_the_positive_and_passes_the_negated() {
    for (condition, expected) in [
        (r#"{"StringEquals":{"k:a":"x"}}"#, false),
        (r#"{"StringNotEquals":{"k:a":"x"}}"#, true),
        (r#"{"StringEqualsIfExists":{"k:a":"x"}}"#, true),
        (r#"{"NotIpAddress":{"k:a":"10.0.0.0/8"}}"#, true),
        (r#"{"BoolIfExists":{"k:a":"true"}}"#, true),
        (r#"{"Bool":{"k:a":"false"}}"#, false),
        (r#"{"Null":{"k:a":"true"}}"#, true),
        (r#"{"ForAllValues:StringEquals":{"k:a":"x"}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"k:a":"x"}}"#, false),
        (r#"{"ForAnyValue:StringNotEquals":{"k:a":"x"}}"#, false),
    ] {
        assert_eq!(holds(condition, &[]), expected, "{condition}");
    }
}

#[test]
fn quantifiers_range_over_the_values_of_the_request() {
    let facts: &[(&str, &[&str])] = &[("k:a", &["x", "y"])];
    for (condition, expected) in [
        (r#"{"ForAllValues:StringEquals":{"k:a":["x","y","z"]}}"#, true),
        (r#"{"ForAllValues:StringEquals":{"k:a":["x"]}}"#, false),
        (r#"{"ForAnyValue:StringEquals":{"k:a":["y"]}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"k:a":["z"]}}"#, false),
        (r#"{"ForAllValues:StringNotEquals":{"k:a":["z"]}}"#, true),
        (r#"{"ForAllValues:StringNotEquals":{"k:a":["y"]}}"#, false),
        (r#"{"ForAnyValue:StringNotLike":{"k:a":["x*"]}}"#, true),
    ] {
        assert_eq!(holds(condition, facts), expected, "{condition}");
    }
}

#[test]
fn all_operators_and_keys_must_hold() {
    let both = r#"{"StringEquals":{"k:a":"x","k:b":"y"},"Bool":{"k:c":"true"}}"#;
    assert!(holds(both, &[("k:a", &["x"]), ("K:B", &["y"]), ("k:c", &["true"])]));
    assert!(!holds(both, &[("k:a", &["x"]), ("k:b", &["y"]), ("k:c", &["false"])]));
    assert!(!holds(both, &[("k:a", &["x"]), ("k:b", &["-"]), ("k:c", &["true"])]));
}

#[test]
fn variables_stand_for_their_value_literally() {
    let policy = |version: &str, resource: &str| {
        format!(
            r#"{{"Version":"{version}","Statement":[{{"Effect":"Allow","Action":"*","Resource":"arn:aws:ecr:*:*:repository/{resource}"}}]}}"#
        )
    };
    let case = |version: &str, pattern: &str, user: &[&str], repository: &str| {
        let resource = format!("arn:aws:ecr:us-east-1:{ACCOUNT}:repository/{repository}");
        let facts: &[(&str, &[&str])] = &[("aws:username", user)];
        let facts = if user.is_empty() { Facts::default() } else { Facts::of(facts) };
        Case { identity: vec![policy(version, pattern)], facts, resource: &resource, ..Case::new() }.decide()
            == Decision::Allow
    };
    assert!(case("2012-10-17", "${aws:username}/*", &["ada"], "ada/x"));
    assert!(!case("2012-10-17", "${aws:username}/*", &["ada"], "bob/x"));
    assert!(!case("2012-10-17", "${aws:username}/*", &["*"], "bob/x"), "a star in a name is a star");
    assert!(!case("2012-10-17", "${aws:username}/*", &[], "ada/x"), "stands for nothing");
    assert!(case("2012-10-17", "${aws:username, 'shared'}/*", &[], "shared/x"));
    assert!(case("2012-10-17", "a${*}b", &["ada"], "a*b") && !case("2012-10-17", "a${*}b", &["ada"], "axb"));
    assert!(!case("2008-10-17", "${aws:username}/*", &["ada"], "ada/x"), "the old version has no variables");
}

#[test]
fn a_stored_document_with_a_key_twice_is_read_as_it_was() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"ecr:*","Resource":"*","Effect":"Deny"}}"#;
    assert!(Policy::parse(text, DocumentKind::Identity).is_err());
    let stored = Policy::parse_stored(text, DocumentKind::Identity).unwrap();
    assert_eq!(stored.statements[0].effect, document::Effect::Deny);
}

#[test]
fn malformed_documents_are_refused_with_iams_words() {
    for (text, kind, wanted) in [
        (
            r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Effect":"Allow"}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy. (not valid JSON: the key \"Effect\" stands twice in one object",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"},"Bool":{"c:d":"true"}}}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy. (not valid JSON: the key \"Bool\" stands twice in one object",
        ),
        ("", DocumentKind::Identity, "Syntax errors in policy."),
        ("[]", DocumentKind::Identity, "Syntax errors in policy."),
        (r#"{"Statement":[]}"#, DocumentKind::Identity, "Syntax errors in policy."),
        (
            r#"{"Version":"2020-01-01","Statement":{}}"#,
            DocumentKind::Identity,
            "The policy must contain a valid version string",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Resource":"*"}}"#,
            DocumentKind::Identity,
            "Policy statement must contain actions.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#,
            DocumentKind::Identity,
            "Policy statement must contain resources.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"PutImage","Resource":"*"}}"#,
            DocumentKind::Identity,
            "Actions/Conditions must be prefaced by a vendor",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"repo"}}"#,
            DocumentKind::Identity,
            "Resource repo must be in ARN format or \"*\".",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":"*"}}"#,
            DocumentKind::Identity,
            "Policy document should not specify a principal.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*"}}"#,
            DocumentKind::Resource,
            "Missing required field Principal",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":{"AWS":"bob"}}}"#,
            DocumentKind::Resource,
            "Invalid principal in policy: \"AWS\":\"bob\"",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Principal":"*","Resource":"*"}}"#,
            DocumentKind::Trust,
            "Has prohibited field Resource",
        ),
        (
            r#"{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringIs":{"a:b":"c"}}}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"a:b":"10.0.0.0/33"}}}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy.",
        ),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Conditions":{}}}"#,
            DocumentKind::Identity,
            "Syntax errors in policy.",
        ),
    ] {
        let error = Policy::parse(text, kind).unwrap_err().to_string();
        assert!(error.starts_with(wanted), "{text}: {error}");
    }
}

mod beside_another_evaluator {
    //! Generated policies and requests, decided by us and by the crate `iam-rs`, which shares no code with us.
    //!
    //! Left out, because there the two read AWS's documentation differently, and ours is the reading that the tests
    //! above pin: condition operators on multi-valued keys without a quantifier, and policy variables.

    use super::*;
    use iam_rs::{Arn, ContextValue, IAMPolicy, IAMRequest, PolicyEvaluator, Principal, PrincipalId};
    use proptest::prelude::*;
    use proptest::sample::select;
    use serde_json::{Value, json};

    const ACTIONS: &[&str] = &["ecr:PutImage", "ecr:BatchGetImage", "ecr:BatchDeleteImage", "iam:CreateUser"];
    const ACTION_PATTERNS: &[&str] =
        &["*", "ecr:*", "ecr:Put*", "ecr:Batch*", "ecr:BatchGetImage", "ecr:B*Image", "iam:*", "ecr:?utImage"];
    const RESOURCES: &[&str] = &[
        "arn:aws:ecr:us-east-1:123456789012:repository/base",
        "arn:aws:ecr:us-east-1:123456789012:repository/base/nginx",
        "arn:aws:ecr:eu-west-1:123456789012:repository/other/nginx",
    ];
    const RESOURCE_PATTERNS: &[&str] = &[
        "*",
        "arn:aws:ecr:*:*:repository/*",
        "arn:aws:ecr:us-east-1:123456789012:repository/base/*",
        "arn:aws:ecr:us-east-1:123456789012:repository/base",
        "arn:aws:ecr:*:123456789012:repository/*/nginx",
        "arn:aws:ecr:eu-*:123456789012:repository/oth?r/*",
    ];
    const WORDS: &[&str] = &["red", "Red", "blue", "bl*", "b?ue", ""];
    const TEXT_OPERATORS: &[&str] = &[
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringNotLikeIfExists",
    ];
    const SET_OPERATORS: &[&str] = &[
        "ForAllValues:StringEquals",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringNotEquals",
        "ForAnyValue:StringNotEquals",
        "ForAllValues:StringLike",
        "ForAnyValue:StringNotLike",
    ];
    const NUMBER_OPERATORS: &[&str] = &[
        "NumericEquals",
        "NumericNotEquals",
        "NumericLessThan",
        "NumericLessThanEquals",
        "NumericGreaterThan",
        "NumericGreaterThanEquals",
        "NumericLessThanIfExists",
    ];
    const DATE_OPERATORS: &[&str] = &["DateLessThan", "DateGreaterThanEquals", "DateEquals", "DateNotEquals"];
    const ADDRESS_OPERATORS: &[&str] = &["IpAddress", "NotIpAddress", "IpAddressIfExists"];

    fn words() -> impl Strategy<Value = Vec<String>> {
        prop::collection::vec(select(WORDS).prop_map(str::to_owned), 1..4)
    }

    fn condition() -> impl Strategy<Value = (String, String, Value)> {
        let key = |name: &'static str| {
            move |(operator, values): (&'static str, Value)| (operator.to_owned(), name.to_owned(), values)
        };
        prop_oneof![
            (select(TEXT_OPERATORS), words().prop_map(|w| json!(w))).prop_map(key("aws:PrincipalTag/colour")),
            (select(SET_OPERATORS), words().prop_map(|w| json!(w))).prop_map(key("aws:TagKeys")),
            (select(NUMBER_OPERATORS), (-2i64..3).prop_map(|n| json!(n.to_string()))).prop_map(key("x:count")),
            (select(DATE_OPERATORS), (1i64..4).prop_map(|d| json!(format!("2026-01-0{d}T00:00:00Z"))))
                .prop_map(key("aws:CurrentTime")),
            (
                select(ADDRESS_OPERATORS),
                select(&["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1/32"][..]).prop_map(|a| json!(a))
            )
                .prop_map(key("aws:SourceIp")),
            (Just("Null"), any::<bool>().prop_map(|b| json!(b.to_string()))).prop_map(key("aws:PrincipalTag/colour")),
        ]
    }

    fn some_of(patterns: &'static [&'static str]) -> impl Strategy<Value = Value> {
        prop::collection::vec(select(patterns), 1..3).prop_map(|chosen| json!(chosen))
    }

    fn statement() -> impl Strategy<Value = Value> {
        let action = (any::<bool>(), some_of(ACTION_PATTERNS));
        let resource = (prop::bool::weighted(0.2), some_of(RESOURCE_PATTERNS));
        let conditions = prop::collection::vec(condition(), 0..3);
        (prop::bool::weighted(0.7), action, resource, conditions).prop_map(|(allow, action, resource, conditions)| {
            let mut out = json!({"Effect": if allow { "Allow" } else { "Deny" }});
            // NotAction is rarer than Action.
            let not_action = action.0 && action.1.to_string().contains("iam");
            out[if not_action { "NotAction" } else { "Action" }] = action.1;
            out[if resource.0 { "NotResource" } else { "Resource" }] = resource.1;
            for (operator, key, values) in conditions {
                out["Condition"][operator][key] = values;
            }
            out
        })
    }

    #[derive(Debug, Clone)]
    struct Request {
        action: &'static str,
        resource: &'static str,
        colour: Option<String>,
        tags: Option<Vec<String>>,
        count: Option<i64>,
        day: i64,
        address: &'static str,
    }

    fn request() -> impl Strategy<Value = Request> {
        let colour = prop::option::of(select(&["red", "RED", "blue", "green"][..]).prop_map(str::to_owned));
        let tags = prop::option::of(prop::collection::vec(select(&["red", "blue"][..]).prop_map(str::to_owned), 1..3));
        let address = select(&["10.0.0.1", "10.1.2.3", "192.0.2.1", "198.51.100.1"][..]);
        (select(ACTIONS), select(RESOURCES), colour, tags, prop::option::of(-2i64..3), 1i64..4, address).prop_map(
            |(action, resource, colour, tags, count, day, address)| Request {
                action,
                resource,
                colour,
                tags,
                count,
                day,
                address,
            },
        )
    }

    fn ours(documents: &[Value], request: &Request) -> &'static str {
        let mut facts = HashMap::new();
        facts.insert("aws:currenttime".to_owned(), vec![format!("2026-01-0{}T00:00:00Z", request.day)]);
        facts.insert("aws:sourceip".to_owned(), vec![request.address.to_owned()]);
        facts.extend(request.colour.clone().map(|colour| ("aws:principaltag/colour".to_owned(), vec![colour])));
        facts.extend(request.tags.clone().map(|tags| ("aws:tagkeys".to_owned(), tags)));
        facts.extend(request.count.map(|count| ("x:count".to_owned(), vec![count.to_string()])));
        let case = Case {
            action: request.action,
            resource: request.resource,
            facts: Facts(facts),
            identity: documents.iter().map(Value::to_string).collect(),
            ..Case::new()
        };
        match case.decide() {
            Decision::Allow => "Allow",
            Decision::Deny(Reason::DeniedByIdentity) => "Deny",
            Decision::Deny(_) => "NotApplicable",
        }
    }

    fn theirs(documents: &[Value], request: &Request) -> String {
        let mut asked = IAMRequest::new(
            Principal::Aws(PrincipalId::String(ADA.arn.into())),
            request.action,
            Arn::parse(request.resource).unwrap(),
        );
        let context = &mut asked.context;
        let time = format!("2026-01-0{}T00:00:00Z", request.day).parse().unwrap();
        context.insert("aws:CurrentTime".into(), ContextValue::DateTime(time));
        context.insert("aws:SourceIp".into(), ContextValue::String(request.address.into()));
        if let Some(colour) = &request.colour {
            context.insert("aws:PrincipalTag/colour".into(), ContextValue::String(colour.clone()));
        }
        if let Some(tags) = &request.tags {
            context.insert("aws:TagKeys".into(), ContextValue::StringList(tags.clone()));
        }
        if let Some(count) = request.count {
            context.insert("x:count".into(), ContextValue::String(count.to_string()));
        }
        let policies: Vec<IAMPolicy> =
            documents.iter().map(|document| serde_json::from_value(document.clone()).unwrap()).collect();
        format!("{:?}", PolicyEvaluator::with_policies(policies).evaluate(&asked).unwrap().decision)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn both_decide_alike(
            documents in prop::collection::vec(prop::collection::vec(statement(), 1..4), 1..3),
            request in request(),
        ) {
            let documents: Vec<Value> =
                documents.into_iter().map(|s| json!({"Version": "2012-10-17", "Statement": s})).collect();
            prop_assert_eq!(ours(&documents, &request), theirs(&documents, &request));
        }
    }
}
