//! The `Condition` element: all operators AND, the values of one key OR; a missing key makes a positive operator
//! false and a negated one true, `...IfExists` makes it true. `ForAllValues:` and `ForAnyValue:` quantify over the
//! values of the request.

use super::pattern::{ArnPattern, Pattern, Reading};
use super::{ConditionKeys, MalformedPolicy};
use crate::Network;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::cmp::Ordering;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    ForAll,
    ForAny,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering == Ordering::Equal,
            Self::Less => ordering == Ordering::Less,
            Self::LessOrEqual => ordering != Ordering::Greater,
            Self::Greater => ordering == Ordering::Greater,
            Self::GreaterOrEqual => ordering != Ordering::Less,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Text { wildcards: bool, ignore_case: bool },
    Arn,
    Number(Order),
    Date(Order),
    Bool,
    Address,
    Bytes,
    Null,
}

#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Text(Pattern),
    Arn(ArnPattern),
    Number(f64),
    Date(i64),
    Bool(bool),
    Network(Network),
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    quantifier: Quantifier,
    comparison: Comparison,
    negated: bool,
    if_exists: bool,
    /// Lower case: names of condition keys do not differ by case.
    key: String,
    wanted: Vec<Wanted>,
}

/// Reads the whole `Condition` element.
pub(crate) fn parse(element: &Value, variables: bool) -> Result<Vec<Condition>, MalformedPolicy> {
    let Value::Object(operators) = element else {
        return Err(MalformedPolicy::syntax("Condition is not an object"));
    };
    let mut out = Vec::new();
    for (operator, keys) in operators {
        let Value::Object(keys) = keys else {
            return Err(MalformedPolicy::syntax(format!(
                "the keys of the condition operator {operator} are not an object"
            )));
        };
        for (key, values) in keys {
            out.push(one(operator, key, values, variables)?);
        }
    }
    Ok(out)
}

fn one(operator: &str, key: &str, values: &Value, variables: bool) -> Result<Condition, MalformedPolicy> {
    let (quantifier, rest) = match operator.split_once(':') {
        Some(("ForAllValues", rest)) => (Quantifier::ForAll, rest),
        Some(("ForAnyValue", rest)) => (Quantifier::ForAny, rest),
        Some(_) => return Err(MalformedPolicy::syntax(format!("{operator} is not a condition operator"))),
        None => (Quantifier::None, operator),
    };
    let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
    let (comparison, negated) =
        comparison(name).ok_or_else(|| MalformedPolicy::syntax(format!("{operator} is not a condition operator")))?;
    if comparison == Comparison::Null && if_exists {
        return Err(MalformedPolicy::syntax("Null does not take IfExists"));
    }
    if !key.contains(':') {
        return Err(MalformedPolicy::no_vendor(key));
    }
    let values = match values {
        Value::Array(values) => values.iter().collect(),
        one => vec![one],
    };
    let wanted = values.into_iter().map(|value| wanted(comparison, value, variables)).collect::<Result<_, _>>()?;
    Ok(Condition { quantifier, comparison, negated, if_exists, key: key.to_ascii_lowercase(), wanted })
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    let text = |wildcards, ignore_case| Comparison::Text { wildcards, ignore_case };
    Some(match name {
        "StringEquals" => (text(false, false), false),
        "StringNotEquals" => (text(false, false), true),
        "StringEqualsIgnoreCase" => (text(false, true), false),
        "StringNotEqualsIgnoreCase" => (text(false, true), true),
        "StringLike" => (text(true, false), false),
        "StringNotLike" => (text(true, false), true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "NumericEquals" => (Comparison::Number(Order::Equal), false),
        "NumericNotEquals" => (Comparison::Number(Order::Equal), true),
        "NumericLessThan" => (Comparison::Number(Order::Less), false),
        "NumericLessThanEquals" => (Comparison::Number(Order::LessOrEqual), false),
        "NumericGreaterThan" => (Comparison::Number(Order::Greater), false),
        "NumericGreaterThanEquals" => (Comparison::Number(Order::GreaterOrEqual), false),
        "DateEquals" => (Comparison::Date(Order::Equal), false),
        "DateNotEquals" => (Comparison::Date(Order::Equal), true),
        "DateLessThan" => (Comparison::Date(Order::Less), false),
        "DateLessThanEquals" => (Comparison::Date(Order::LessOrEqual), false),
        "DateGreaterThan" => (Comparison::Date(Order::Greater), false),
        "DateGreaterThanEquals" => (Comparison::Date(Order::GreaterOrEqual), false),
        "Bool" => (Comparison::Bool, false),
        "IpAddress" => (Comparison::Address, false),
        "NotIpAddress" => (Comparison::Address, true),
        "BinaryEquals" => (Comparison::Bytes, false),
        "Null" => (Comparison::Null, false),
        _ => return None,
    })
}

fn wanted(comparison: Comparison, value: &Value, variables: bool) -> Result<Wanted, MalformedPolicy> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        _ => return Err(MalformedPolicy::syntax("a condition value is neither text, number nor boolean")),
    };
    let bad = |what: &str| MalformedPolicy::syntax(format!("the condition value {text} is not {what}"));
    Ok(match comparison {
        Comparison::Text { wildcards, ignore_case } => {
            let pattern = Pattern::parse(&text, Reading { wildcards, variables });
            Wanted::Text(if ignore_case { pattern.ignoring_case() } else { pattern })
        }
        Comparison::Arn => Wanted::Arn(ArnPattern::parse(&text, variables)),
        Comparison::Number(_) => Wanted::Number(number(&text).ok_or_else(|| bad("a number"))?),
        Comparison::Date(_) => Wanted::Date(date_ms(&text).ok_or_else(|| bad("an ISO 8601 date"))?),
        Comparison::Bool | Comparison::Null => Wanted::Bool(boolean(&text).ok_or_else(|| bad("true or false"))?),
        Comparison::Address => Wanted::Network(Network::parse(&text).ok_or_else(|| bad("an address or a CIDR range"))?),
        Comparison::Bytes => Wanted::Bytes(STANDARD.decode(&text).map_err(|_| bad("base64"))?),
    })
}

impl Condition {
    pub(crate) fn holds(&self, keys: &dyn ConditionKeys) -> bool {
        let values = keys.values(&self.key);
        if self.comparison == Comparison::Null {
            let absent = values.is_none_or(|values| values.is_empty());
            return self.wanted.contains(&Wanted::Bool(absent));
        }
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            return match self.quantifier {
                Quantifier::ForAll => true,
                Quantifier::ForAny => self.if_exists,
                Quantifier::None => self.if_exists || self.negated,
            };
        };
        let fits = |value: &str| self.wanted.iter().any(|wanted| self.fits(wanted, value, keys));
        match self.quantifier {
            Quantifier::ForAll => values.iter().all(|value| fits(value) != self.negated),
            Quantifier::ForAny => values.iter().any(|value| fits(value) != self.negated),
            Quantifier::None => values.iter().any(|value| fits(value)) != self.negated,
        }
    }

    fn fits(&self, wanted: &Wanted, value: &str, keys: &dyn ConditionKeys) -> bool {
        match (wanted, self.comparison) {
            (Wanted::Text(pattern), _) => pattern.matches(value, keys),
            (Wanted::Arn(pattern), _) => pattern.matches(value, keys),
            (Wanted::Number(wanted), Comparison::Number(order)) => {
                number(value).and_then(|value| value.partial_cmp(wanted)).is_some_and(|ordering| order.holds(ordering))
            }
            (Wanted::Date(wanted), Comparison::Date(order)) => {
                date_ms(value).is_some_and(|value| order.holds(value.cmp(wanted)))
            }
            (Wanted::Bool(wanted), _) => boolean(value) == Some(*wanted),
            (Wanted::Network(network), _) => value.parse().is_ok_and(|address| network.contains(address)),
            (Wanted::Bytes(wanted), _) => STANDARD.decode(value).is_ok_and(|value| value == *wanted),
            (Wanted::Number(_) | Wanted::Date(_), _) => false,
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A W3C profile of ISO 8601, or seconds since the epoch.
fn date_ms(text: &str) -> Option<i64> {
    if let Ok(moment) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp_millis());
    }
    if let Ok(moment) = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S") {
        return Some(moment.and_utc().timestamp_millis());
    }
    if let Ok(day) = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return day.and_hms_opt(0, 0, 0).map(|moment| moment.and_utc().timestamp_millis());
    }
    text.parse::<i64>().ok()?.checked_mul(1000)
}
