//! YAML texts for property tests: some as people write them, some only nearly YAML.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Text that gets past the first check of each grammar more often than noise does.
pub(crate) fn yamlish() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("pack".to_owned()),
        Just("charts".to_owned()),
        Just("&a".to_owned()),
        Just("*a".to_owned()),
        Just("<<".to_owned()),
        Just(": ".to_owned()),
        Just("- ".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\n  ".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("[".to_owned()),
        Just("]".to_owned()),
        Just("|\n".to_owned()),
        Just("|+\n  ".to_owned()),
        Just(">-\n ".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just("# spectrocloud.com/enabled-presets: a:b,c".to_owned()),
        Just("---\n".to_owned()),
        Just("!!str ".to_owned()),
        Just("%YAML 1.2\n".to_owned()),
        Just("? ".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("\t".to_owned()),
        Just("é".to_owned()),
        "[a-z0-9.${}/]{0,6}",
    ];
    proptest::collection::vec(word, 0..40).prop_map(|words| words.concat())
}

/// New values: every kind, nested, with strings that need quotes.
pub(crate) fn plain_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z:# '\"{}\\[\\]\n\té%@&*!|>-]{0,8}".prop_map(Value::from),
        prop_oneof![Just("yes"), Just("1"), Just("null"), Just("~"), Just("1e3"), Just("0x1"), Just("a: b"), Just("")]
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]{1,2}", inner, 0..3).prop_map(|map| json!(map)),
        ]
    })
}

#[derive(Debug, Clone)]
enum Shape {
    Scalar(String),
    Map(Vec<(Shape, String)>),
    List(Vec<Shape>),
}

fn shape() -> impl Strategy<Value = Shape> {
    let scalar = prop_oneof![
        Just("1"),
        Just("\"quoted # not a comment\""),
        Just("'it''s'"),
        Just("plain words"),
        Just("{}"),
        Just("[]"),
        Just("{a: 1, b: [2, 3]}"),
        Just("[x, {y: z}]"),
        Just("|\n@  block\n@    deeper\n@\n@  end"),
        Just(">-\n@  folded\n@  text"),
        Just("|+\n@  kept\n\n"),
        Just("~"),
    ];
    let leaf = scalar.prop_map(|text| Shape::Scalar(text.to_owned()));
    leaf.prop_recursive(3, 24, 4, |inner| {
        let comment =
            prop_oneof![3 => Just(String::new()), 1 => Just("# top\n".to_owned()), 1 => Just("\n".to_owned())];
        prop_oneof![
            3 => proptest::collection::vec((inner.clone(), comment), 1..4).prop_map(Shape::Map),
            1 => proptest::collection::vec(inner, 1..3).prop_map(Shape::List),
        ]
    })
}

/// A document as people write it, and the paths in it, with whether each is a map.
pub(crate) fn document() -> impl Strategy<Value = (String, Vec<(String, bool)>)> {
    let comment = prop_oneof![Just(String::new()), Just("# top\n".to_owned())];
    let entries = proptest::collection::vec((shape(), comment), 0..4);
    (entries, 2_usize..5, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(entries, indent, flush, trailing, windows)| {
            let mut writer = Writer { out: String::new(), paths: Vec::new(), indent, flush };
            writer.entries(&entries, 0, "");
            let mut text = writer.out;
            if !trailing && text.ends_with('\n') && !text.ends_with("\n\n") {
                text.pop();
            }
            (if windows { text.replace('\n', "\r\n") } else { text }, writer.paths)
        },
    )
}

struct Writer {
    out: String,
    paths: Vec<(String, bool)>,
    indent: usize,
    /// Dashes stand under their key.
    flush: bool,
}

impl Writer {
    fn entries(&mut self, entries: &[(Shape, String)], column: usize, path: &str) {
        for (index, (shape, comment)) in entries.iter().enumerate() {
            match column {
                0 => self.out.push_str(comment),
                _ if index > 0 => self.out.push_str(&comment.replace("top", "inside")),
                _ => {}
            }
            if index > 0 || !self.out.ends_with("- ") {
                self.out.push_str(&" ".repeat(column));
            }
            let key = ["a", "bb", "c.d"][index % 3].repeat(1 + index / 3);
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            self.out.push_str(&key);
            self.out.push(':');
            self.paths.push((path.clone(), self.is_map(shape)));
            match shape {
                Shape::Scalar(text) => self.scalar(text, column),
                Shape::Map(entries) => {
                    self.out.push_str(if entries.len() == 2 { " # why\n" } else { "\n" });
                    self.entries(entries, column + self.indent, &path);
                }
                Shape::List(items) => {
                    self.out.push('\n');
                    self.items(items, if self.flush { column } else { column + self.indent }, &path);
                }
            }
        }
    }

    fn items(&mut self, items: &[Shape], column: usize, path: &str) {
        for (index, shape) in items.iter().enumerate() {
            self.out.push_str(&" ".repeat(column));
            let path = format!("{path}.$[{index}]");
            self.paths.push((path.clone(), self.is_map(shape)));
            match shape {
                Shape::Scalar(text) => {
                    self.out.push('-');
                    self.scalar(text, column);
                }
                Shape::Map(entries) => {
                    self.out.push_str("- ");
                    self.entries(entries, column + 2, &path);
                }
                Shape::List(items) => {
                    self.out.push_str("-\n");
                    self.items(items, column + 2, &path);
                }
            }
        }
    }

    fn scalar(&mut self, text: &str, column: usize) {
        self.out.push(' ');
        self.out.push_str(&text.replace('@', &" ".repeat(column)));
        if !text.ends_with('\n') {
            self.out.push_str(if text == "1" { "   # one\n" } else { "\n" });
        }
    }

    fn is_map(&self, shape: &Shape) -> bool {
        matches!(shape, Shape::Map(_)) || matches!(shape, Shape::Scalar(text) if text.starts_with('{'))
    }
}
