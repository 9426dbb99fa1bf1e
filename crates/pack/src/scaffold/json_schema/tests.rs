use super::*;
use crate::schema;
use serde_json::json;

fn convert_over(schema: &Value, values: &str) -> Converted {
    let values = Values::parse(values).unwrap();
    let converted = convert(&schema.to_string(), "charts.web", &values).unwrap();
    let mut noticed = Vec::new();
    let read = schema::parse(&converted.text, &mut noticed);
    assert_eq!((noticed, read.len()), (Vec::new(), converted.fields), "{}", converted.text);
    converted
}

#[test]
fn each_simple_type_becomes_a_field() {
    let schema = json!({
        "definitions": { "port": { "type": "integer", "minimum": 1, "maximum": 65535 } },
        "required": ["mode", "host"],
        "properties": {
            "mode": { "enum": ["fast", "safe"], "description": "How it\nruns, \"quoted\" and it's {{ odd }}" },
            "port": { "$ref": "#/definitions/port" },
            "on": { "type": "boolean" },
            "host": { "type": "string", "pattern": "^[a-z]+\\.example$" },
            "free": { "type": ["string", "null"], "pattern": "(?=x)y" },
            "secret": { "type": "string", "writeOnly": true },
            "address": { "type": "string", "format": "ipv4", "readOnly": true },
            "image": { "type": "object", "required": ["tag"], "properties": { "tag": { "type": "string" }, "pull": { "type": "string" } } },
            "hosts": { "type": "array", "items": { "properties": { "na.me": { "type": "string" } } } },
            "absent": { "type": "string" },
            "loop": { "$ref": "#/properties/loop" },
            "any": {}, "several": { "type": ["string", "integer"] },
        },
    });
    let values = "charts:\n  web:\n    mode: fast\n    port: 80\n    on: true\n    free: x\n    secret: s\n    address: 10.0.0.1\n    image: {tag: '1'}\n    hosts:\n    - na.me: a\n";
    let converted = convert_over(&schema, values);
    let expected = r#"charts.web.mode:
  schema: '{{ required | format "${list:[fast,safe]}" | hints "How it runs, \"quoted\" and it''s { { odd } }" }}'
charts.web.port:
  schema: '{{ format "${number:[1-65535]}" }}'
charts.web.on:
  schema: '{{ format "${boolean}" }}'
charts.web.host:
  schema: '{{ required | format "${string:/^[a-z]+\\.example$/}" }}'
charts.web.free:
  schema: '{{ format "${string}" }}'
charts.web.secret:
  schema: '{{ format "${password}" }}'
charts.web.address:
  schema: '{{ readonly | format "${ipv4}" }}'
charts.web.image.tag:
  schema: '{{ required | format "${string}" }}'
"charts.web.hosts.$[].na.me":
  schema: '{{ format "${string}" }}'
"#;
    assert_eq!(converted.text, expected);
    assert_eq!((converted.fields, converted.left_out), (9, 2));
}

#[test]
fn what_cannot_be_said_is_left_open() {
    let schema = json!({ "properties": {
        "a": { "enum": ["x,y", "z"], "type": "string" },
        "b": { "type": "number", "minimum": 5, "maximum": 1 },
        "c": { "type": "number", "minimum": -3, "maximum": -1 },
        "d": { "enum": [true, {}] },
    }});
    let converted = convert_over(&schema, "charts: {web: {a: z, b: 1, c: -2, d: true}}\n");
    for part in ["${string}", "${number}", "${number:[-3--1]}"] {
        assert!(converted.text.contains(part), "{part}: {}", converted.text);
    }
    let values = Values::parse("").unwrap();
    for text in ["", "[]", "true", "{"] {
        assert!(convert(text, "charts.web", &values).is_err(), "{text}");
    }
    assert_eq!(convert("{}", "charts.web", &values), Ok(Converted::default()));
}

proptest::proptest! {
    /// Whatever stands in a schema, what is written is schema.yaml.
    #[test]
    fn what_is_written_is_read_back(
        key in "[ -~äß]{1,12}", description in "\\PC{0,40}", pattern in "[ -~]{0,24}",
        option in "[ -~]{0,8}", low in -5.0..5.0_f64,
    ) {
        let schema = json!({ "required": [key, "o", "n"], "properties": {
            key.clone(): { "type": "string", "pattern": pattern, "description": description },
            "o": { "enum": [option, "x"] },
            "n": { "type": "number", "minimum": low, "maximum": 3 },
        }});
        convert_over(&schema, "a: 1\n");
    }
}
