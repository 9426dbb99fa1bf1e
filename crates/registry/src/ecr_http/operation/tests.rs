//! Every constraint of every table is broken once, and the tables are held against botocore's copy of the model.

use super::*;
use crate::ecr_http::shape::{Text, check};
use serde_json::{Map, Value, json};
use std::process::Command;

/// A value that fits a shape.
fn good(name: &str, shape: &Shape) -> Value {
    match shape {
        Shape::Text(Text { one_of: [first, ..], .. }) => json!(first),
        Shape::Text(_) => match name {
            "registryId" | "registryIds" => json!("000000000000"),
            "uploadId" => json!("01234567-89ab-cdef-0123-456789abcdef"),
            "layerDigest" | "layerDigests" => json!("sha256:00"),
            "filter" => json!("v*"),
            _ => json!("team/app"),
        },
        Shape::Integer { min, .. } => json!(min),
        Shape::Boolean => json!(true),
        Shape::Blob => json!(""),
        Shape::List { of, .. } => json!([good(name, of)]),
        Shape::Structure(members) => Value::Object(document(members)),
    }
}

fn document(members: &[Member]) -> Map<String, Value> {
    members.iter().map(|member| (member.name.to_owned(), good(member.name, member.shape))).collect()
}

/// Every way to break a value of this shape, with the member it must be blamed on and the constraint it must name.
fn broken(path: &str, name: &str, shape: &Shape) -> Vec<(Value, String, String)> {
    let here = |value: Value, reason: String| (value, path.to_owned(), reason);
    let mut cases = Vec::new();
    match shape {
        Shape::Text(text) => {
            if !text.one_of.is_empty() {
                cases.push(here(
                    json!("nonsense"),
                    format!("Member must satisfy enum value set: [{}]", text.one_of.join(", ")),
                ));
            }
            if text.min > 0 {
                let short = "a".repeat(text.min - 1);
                cases
                    .push(here(json!(short), format!("Member must have length greater than or equal to {}", text.min)));
            }
            if text.max < usize::MAX {
                let long = "a".repeat(text.max + 1);
                cases.push(here(json!(long), format!("Member must have length less than or equal to {}", text.max)));
            }
            if let Some(pattern) = &text.pattern {
                cases.push(here(json!("Not Good!"), format!("must satisfy regular expression '{}'", pattern.text)));
            }
        }
        Shape::Integer { min, max } => {
            cases.push(here(json!(min - 1), format!("Member must have value greater than or equal to {min}")));
            if *max < i64::MAX {
                cases.push(here(json!(max + 1), format!("Member must have value less than or equal to {max}")));
            }
        }
        Shape::List { of, min, max } => {
            if *min > 0 {
                cases.push(here(json!([]), format!("Member must have length greater than or equal to {min}")));
            }
            if *max < usize::MAX {
                let long = vec![good(name, of); max + 1];
                cases.push(here(json!(long), format!("Member must have length less than or equal to {max}")));
            }
            for (value, at, reason) in broken(&format!("{path}.2.member"), name, of) {
                cases.push((json!([good(name, of), value]), at, reason));
            }
        }
        Shape::Structure(members) => {
            for (value, at, reason) in broken_documents(members, path) {
                cases.push((Value::Object(value), at, reason));
            }
        }
        Shape::Boolean | Shape::Blob => {}
    }
    cases
}

fn broken_documents(members: &[Member], path: &str) -> Vec<(Map<String, Value>, String, String)> {
    let mut cases = Vec::new();
    for member in members {
        let at = if path.is_empty() { member.name.to_owned() } else { format!("{path}.{}", member.name) };
        if member.required {
            let mut without = document(members);
            without.remove(member.name);
            cases.push((without.clone(), at.clone(), "Member must not be null".to_owned()));
            without.insert(member.name.to_owned(), Value::Null);
            cases.push((without, at.clone(), "Member must not be null".to_owned()));
        }
        for (value, blamed, reason) in broken(&at, member.name, member.shape) {
            let mut with = document(members);
            with.insert(member.name.to_owned(), value);
            cases.push((with, blamed, reason));
        }
    }
    cases
}

#[test]
fn every_constraint_of_every_operation_is_named_when_broken() {
    let mut count = 0;
    for operation in Operation::ALL {
        let members = operation.input();
        check(members, &document(members)).unwrap_or_else(|e| panic!("{operation:?} refuses a good input: {e}"));
        for (input, blamed, reason) in broken_documents(members, "") {
            let error = check(members, &input).expect_err(&format!("{operation:?} takes a bad {blamed}: {reason}"));
            assert_eq!(error.code, "InvalidParameterException", "{operation:?}");
            assert_eq!(
                error.message,
                format!("Invalid parameter at '{blamed}' failed to satisfy constraint: '{reason}'"),
                "{operation:?}"
            );
            count += 1;
        }
    }
    assert!(count > 200, "only {count} cases were derived");
}

#[test]
fn a_value_of_the_wrong_type_does_not_fit_the_model() {
    for operation in Operation::ALL {
        for member in operation.input() {
            for wrong in [json!(1.5), json!({"x": 1}), json!([["x"]]), json!("x"), json!(true), json!(7)] {
                let fits = matches!(
                    (member.shape, &wrong),
                    (Shape::Text(_) | Shape::Blob, Value::String(_))
                        | (Shape::Boolean, Value::Bool(_))
                        | (Shape::Structure(_), Value::Object(_))
                );
                let integer = matches!(member.shape, Shape::Integer { .. }) && wrong == json!(7);
                let mut input = document(operation.input());
                input.insert(member.name.to_owned(), wrong.clone());
                let outcome = check(operation.input(), &input);
                if !fits && !integer {
                    let error = outcome.expect_err(&format!("{operation:?} takes {wrong} as {}", member.name));
                    assert_eq!(error.code, "SerializationException", "{operation:?} {}", member.name);
                }
            }
        }
    }
}

#[test]
fn members_the_model_does_not_know_are_ignored() {
    let mut input = document(Operation::ListImages.input());
    input.insert("somethingNew".into(), json!({"a": [1]}));
    assert!(check(Operation::ListImages.input(), &input).is_ok());
}

#[test]
fn names_and_actions() {
    assert_eq!(Operation::named("PutImage"), Some(Operation::PutImage));
    assert_eq!(Operation::named("putimage"), None);
    assert_eq!(Operation::PutImage.action(), "ecr:PutImage");
    assert_eq!(Operation::ListImageReferrers.action(), "ecr:BatchGetImage");
}

fn described(shape: &Shape) -> Value {
    let bound = |n: usize| if n == usize::MAX { Value::Null } else { json!(n) };
    match shape {
        Shape::Text(text) => json!({
            "type": "string", "min": text.min, "max": bound(text.max), "enum": text.one_of,
            "pattern": text.pattern.as_ref().map(|p| p.text),
        }),
        Shape::Integer { min, max } => {
            json!({"type": "integer", "min": min, "max": if *max == i64::MAX { Value::Null } else { json!(max) }})
        }
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Blob => json!({"type": "blob", "min": 0, "max": LAYER_PART_LIMIT}),
        Shape::List { of, min, max } => json!({"type": "list", "min": min, "max": bound(*max), "of": described(of)}),
        Shape::Structure(members) => json!({"type": "structure", "members": described_members(members)}),
    }
}

fn described_members(members: &[Member]) -> Value {
    let one = |m: &Member| (m.name.to_owned(), json!({"required": m.required, "shape": described(m.shape)}));
    Value::Object(members.iter().map(one).collect())
}

/// The same description, made from the model that ships with botocore.
const FROM_BOTOCORE: &str = r#"
import json, sys
from botocore.loaders import Loader
model = Loader().load_service_model('ecr', 'service-2', '2015-09-21')
shapes = model['shapes']
def shape(name):
    s = shapes[name]
    kind = s['type']
    if kind == 'structure':
        return {'type': kind, 'members': members(s)}
    if kind == 'list':
        return {'type': kind, 'min': s.get('min', 0), 'max': s.get('max'), 'of': shape(s['member']['shape'])}
    if kind == 'string':
        return {'type': kind, 'min': s.get('min', 0), 'max': s.get('max'), 'enum': s.get('enum', []), 'pattern': s.get('pattern')}
    if kind in ('integer', 'long'):
        return {'type': 'integer', 'min': s.get('min'), 'max': s.get('max')}
    if kind == 'blob':
        return {'type': kind, 'min': s.get('min', 0), 'max': s.get('max')}
    return {'type': kind}
def members(s):
    return {n: {'required': n in s.get('required', []), 'shape': shape(m['shape'])} for n, m in s['members'].items()}
print(json.dumps({n: members(shapes[o['input']['shape']]) for n, o in model['operations'].items()}))
"#;

#[test]
fn the_tables_are_those_of_botocores_service_model() {
    let script = Command::new("python3").args(["-c", FROM_BOTOCORE]).output();
    let Some(output) = script.ok().filter(|output| output.status.success()) else {
        packyard_testkit::skip("the_tables_are_those_of_botocores_service_model", "python3 with botocore is missing");
        return;
    };
    let model: Value = serde_json::from_slice(&output.stdout).unwrap();
    for operation in Operation::ALL {
        let mut theirs = model[operation.name()].clone();
        let ours = described_members(operation.input());
        narrow(&mut theirs);
        assert_eq!(sorted(&ours), sorted(&theirs), "{operation:?}");
    }
}

/// Sets the length of repository names to the registry's own limit (distribution-spec), which is one less.
fn narrow(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("min") == Some(&json!(2)) && map.get("max") == Some(&json!(256)) {
                map.insert("max".into(), json!(255));
            }
            map.values_mut().for_each(narrow);
        }
        Value::Array(items) => items.iter_mut().for_each(narrow),
        _ => {}
    }
}

/// JSON with sorted keys, to compare documents whose order is of no account.
fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| format!("{k}:{}", sorted(v))).collect();
            entries.sort();
            format!("{{{}}}", entries.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
