//! values.yaml edited as text: what changes, what stays, what is refused.

use crate::yaml_texts::{document, plain_values, yamlish};
use packyard_pack::values::Values;
use packyard_pack::values::edit::{EditError, apply, remove, set, unapply, unset};
use packyard_pack::{Pack, Preset, yaml};
use packyard_testkit::real_packs;
use proptest::prelude::*;
use serde_json::{Value, json};

fn preset(group: &str, name: &str, remove: &[&str], add: &str) -> Preset {
    Preset {
        name: name.to_owned(),
        display_name: name.to_owned(),
        group: group.to_owned(),
        remove: remove.iter().map(|path| (*path).to_owned()).collect(),
        add: add.to_owned(),
        line: 1,
    }
}

const TEXT: &str = "\
# about this file
pack:
  namespace: \"apps\"   # where it goes
  content:
    images:
      - image: a/b:1

charts:
  # the server
  nginx:
    replicas: 1 # enough
    image: {repo: r, tag: 'v1'}
    args:
    - --one
    - --two
    text: |
      first
      second

    empty:
    none: {}
# the end
";

fn edited(path: &str, value: Value, from: &str, to: &str) {
    assert!(TEXT.contains(from), "{from:?}");
    assert_eq!(set(TEXT, path, &value).unwrap(), TEXT.replacen(from, to, 1), "{path}");
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    edited("pack.namespace", json!("web"), "\"apps\"   #", "\"web\"   #");
    edited("charts.nginx.replicas", json!(3), "replicas: 1 #", "replicas: 3 #");
    edited("charts.nginx.image.tag", json!("v2"), "'v1'", "'v2'");
    edited("charts.nginx.image", json!("x"), "{repo: r, tag: 'v1'}", "x");
    edited("charts.nginx.args[1]", json!("--three"), "--two", "--three");
    edited("charts.nginx.args.$[0]", json!({"a": 1, "b": [2]}), "- --one", "- a: 1\n      b:\n        - 2");
    edited("charts.nginx.text", json!("short"), "|\n      first\n      second\n", "short\n");
    edited("charts.nginx.empty", json!(true), "empty:\n", "empty: true\n");
    edited("charts.nginx.empty.a", json!(1), "empty:\n", "empty:\n      a: 1\n");
    edited("pack.content.images[0].image", json!("c:2"), "a/b:1", "c:2");
    edited("pack.content", json!({}), "content:\n    images:\n      - image: a/b:1\n", "content: {}\n");
    edited("charts.nginx.replicas", json!({"min": 1}), "replicas: 1 # enough", "replicas: # enough\n      min: 1");
}

#[test]
fn a_value_is_added_at_the_end_of_its_map_or_list() {
    edited("pack.displayName", json!("Yes"), "a/b:1\n", "a/b:1\n  displayName: \"Yes\"\n");
    edited("pack.content.images[]", json!({"image": "x:1"}), "a/b:1\n", "a/b:1\n      - image: x:1\n");
    edited("charts.nginx.args[2]", json!("--three"), "--two\n", "--two\n    - --three\n");
    edited("charts.nginx.none.a", json!("b c"), "none: {}", "none: {a: \"b c\"}");
    edited("charts.nginx.image.more", json!([1]), "'v1'}", "'v1', more: [1]}");
    edited("charts.redis.auth.open", json!(false), "none: {}\n", "none: {}\n  redis:\n    auth:\n      open: false\n");
    edited(
        "pack.\"spectrocloud.com/display-name\"",
        json!("dns-1"),
        "a/b:1\n",
        "a/b:1\n  spectrocloud.com/display-name: dns-1\n",
    );
    assert_eq!(set("", "a.b", &json!(1)).unwrap(), "a:\n  b: 1\n");
    assert_eq!(set("# only this", "a", &json!("1")).unwrap(), "# only this\na: \"1\"");
    assert_eq!(
        set("a: 1\r\nb:\r\n    c: 2\r\n", "b.d", &json!({"e": 1})).unwrap(),
        "a: 1\r\nb:\r\n    c: 2\r\n    d:\r\n        e: 1\r\n"
    );
    assert_eq!(set("\u{feff}ä: ü", "ä", &json!("ö")).unwrap(), "\u{feff}ä: \"ö\"");
}

#[test]
fn keys_with_dots_are_found_by_trying_joins() {
    let text = "pack:\n  spectrocloud.com/install-priority: \"0\"\n";
    assert_eq!(
        set(text, "pack.spectrocloud.com/install-priority", &json!("10")).unwrap(),
        text.replace("\"0\"", "\"10\"")
    );
    assert_eq!(remove(text, "pack.spectrocloud.com/install-priority").unwrap(), "pack: {}\n");
}

#[test]
fn what_is_removed_takes_its_lines_and_no_others() {
    let gone = |path: &str, from: &str, to: &str| {
        assert_eq!(remove(TEXT, path).unwrap(), TEXT.replacen(from, to, 1), "{path}");
    };
    gone("pack.namespace", "  namespace: \"apps\"   # where it goes\n", "");
    gone("charts.nginx.text", "    text: |\n      first\n      second\n", "");
    gone("charts.nginx.args", "    args:\n    - --one\n    - --two\n", "");
    gone("charts.nginx.args[0]", "    - --one\n", "");
    gone("charts.nginx.args[]", "args:\n    - --one\n    - --two\n", "args: []\n");
    gone("charts.nginx.image.repo", "repo: r, ", "");
    gone("charts.nginx.image.tag", ", tag: 'v1'", "");
    gone("pack.content.images[0]", "images:\n      - image: a/b:1\n", "images: []\n");
    gone("pack.content.images[].image", "- image: a/b:1", "- {}");
    assert_eq!(remove("l:\n- a: 1\n  b: 2\n", "l[0].a").unwrap(), "l:\n- b: 2\n");
    assert_eq!(remove("l:\n- a: 1\n  # why\n  b: 2\n", "l[0].a").unwrap(), "l:\n-\n  # why\n  b: 2\n");
    assert_eq!(remove("a: 1", "a").unwrap(), "");
    assert_eq!(remove("a: 1\nb: 2", "b").unwrap(), "a: 1");
    assert_eq!(remove("a:\n  # why\n  b: 1\n", "a.b").unwrap(), "a: {}\n  # why\n");
    assert_eq!(unset("a:\n  b:\n    c: 1\nd: 1\n", "a.b.c").unwrap(), "d: 1\n");
    assert!(matches!(remove(TEXT, "pack.nothing"), Err(EditError::Absent(_))));
}

#[test]
fn what_is_not_safe_is_refused() {
    let anchors = "base: &base\n  a: 1\nother:\n  <<: *base\n  b: 2\ncopy: *base\nx: !!str 5\n";
    for path in ["base.a", "base", "other.b", "other.c", "copy", "copy.a", "x"] {
        assert!(matches!(set(anchors, path, &json!(1)), Err(EditError::Shared { .. })), "{path}");
    }
    assert!(matches!(remove(anchors, "base"), Err(EditError::Shared { .. })));
    assert!(matches!(remove("a:\n  b: &x 1\nc: *x\n", "a"), Err(EditError::Shared { .. })));
    assert_eq!(set(anchors, "new.key", &json!(1)).unwrap(), format!("{anchors}new:\n  key: 1\n"));
    assert!(matches!(set("a: 1\n---\nb: 2\n", "a", &json!(1)), Err(EditError::SeveralDocuments(_))));
    assert!(matches!(set("a: [\n", "a", &json!(1)), Err(EditError::NotYaml(_))));
    assert!(matches!(set("a: 1\r\nb: 2\r", "a", &json!(1)), Err(EditError::LineEnd(_))));
    assert!(matches!(set("a: 1\n", "a.b", &json!(1)), Err(EditError::NoPlace { .. })));
    assert!(matches!(set("a: 1\n", "a[0]", &json!(1)), Err(EditError::NoPlace { .. })));
    assert!(matches!(set("a: [1]\n", "a[3]", &json!(1)), Err(EditError::NoPlace { .. })));
    assert!(matches!(set("? a\n: 1\n", "a", &json!(2)), Err(EditError::Unsafe(_))));
    for path in ["", ".", "a..b", "[0]", "a[x]", "a[0", "\"a", "a.", "$[]"] {
        assert!(matches!(set("a: 1\n", path, &json!(1)), Err(EditError::BadPath { .. })), "{path}");
    }
    let message = set(anchors, "base.a", &json!(1)).unwrap_err().to_string();
    assert!(message.contains("`base.a` leads through an anchor"), "{message}");
    // The comment would become part of the text above it.
    assert!(matches!(remove("a: |\n  text\nb: 1\n  # note\nc: 2\n", "b"), Err(EditError::Unsafe(_))));
}

#[test]
fn presets_go_on_and_off() {
    let size = preset(
        "Size",
        "big",
        &["charts.nginx.args"],
        "charts:\n  nginx:\n    replicas: 9 # many\n    none:\n      more:\n        - a\n",
    );
    let on = apply(TEXT, &size).unwrap();
    let expected = TEXT
        .replace("    args:\n    - --one\n    - --two\n", "")
        .replace("replicas: 1 # enough", "replicas: 9 # enough")
        .replace("none: {}\n", "none:\n      more:\n        - a\n");
    assert_eq!(on, format!("# spectrocloud.com/enabled-presets: Size:big\n{expected}"));
    assert_eq!(apply(&on, &size).unwrap(), on);
    assert_eq!(unapply(&on, &size, TEXT).unwrap(), TEXT);

    // Another preset of another group, and an edit elsewhere, stay.
    let other = preset("Mode", "open", &[], "pack:\n  mode: open\n");
    let both = set(&apply(&on, &other).unwrap(), "pack.namespace", &json!("web")).unwrap();
    assert!(both.starts_with("# spectrocloud.com/enabled-presets: Size:big,Mode:open\n"), "{both}");
    let off = unapply(&both, &size, TEXT).unwrap();
    let wanted = set(&apply(TEXT, &other).unwrap(), "pack.namespace", &json!("web")).unwrap();
    assert_eq!(off, wanted);

    // Another preset of the same group takes its place in the comment.
    let small = preset("Size", "small", &[], "charts:\n  nginx:\n    replicas: 0\n");
    let switched = apply(&both, &small).unwrap();
    assert!(switched.starts_with("# spectrocloud.com/enabled-presets: Size:small,Mode:open\n"), "{switched}");

    // A name that would be read as something else, or as values.
    for name in ["a,b", "a:b", "a\nevil: 1", "a\u{feff}b"] {
        let odd = preset("Size", name, &[], "pack:\n  mode: open\n");
        assert!(matches!(apply(TEXT, &odd), Err(EditError::Unsafe(_))), "{name:?}");
    }

    let touched = set(&on, "charts.nginx.replicas", &json!(4)).unwrap();
    assert!(matches!(unapply(&touched, &size, TEXT), Err(EditError::Conflict { .. })));
    assert!(matches!(unapply(&on, &size, &on), Err(EditError::BuiltIn(_))));
}

#[test]
fn presets_of_real_packs_go_on_and_off() {
    let Some(folders) = real_packs() else {
        return packyard_testkit::skip_without_shared("presets_of_real_packs_go_on_and_off", "../shared/packs");
    };
    let mut applied = 0;
    for folder in folders {
        let pack = Pack::open(&folder).unwrap();
        for preset in &pack.presets {
            let on =
                apply(&pack.values, preset).unwrap_or_else(|e| panic!("{}: {}: {e}", folder.display(), preset.name));
            let values = Values::parse(&on).unwrap();
            assert!(values.enabled_presets().iter().any(|e| e.group == preset.group && e.preset == preset.name));
            let add = Values::parse(&preset.add).unwrap();
            assert_has(values.root(), add.root(), &preset.name);
            if on.len() < 50_000 {
                assert_eq!(apply(&on, preset).unwrap(), on);
            }
            match unapply(&on, preset, &pack.values) {
                Ok(off) => assert_eq!(off, pack.values),
                Err(error) => assert!(matches!(error, EditError::BuiltIn(_)), "{}: {error}", preset.name),
            }
            applied += 1;
        }
    }
    assert!(applied > 10);
}

fn assert_has(values: yaml::Node<'_>, add: yaml::Node<'_>, name: &str) {
    if add.is_map() {
        for (key, value) in add.entries() {
            let key = key.text().unwrap();
            assert_has(values.get(key).unwrap_or_else(|| panic!("{name}: {key}")), value, name);
        }
    } else {
        assert_eq!((values.text(), values.items().count()), (add.text(), add.items().count()), "{name}");
    }
}

/// Values of every real pack are set to something else, which is there afterwards, and back, which gives the same text
/// where the value was a plain one; and a new key is set and unset beside it.
#[test]
fn values_of_real_packs_are_edited() {
    let Some(folders) = real_packs() else {
        return packyard_testkit::skip_without_shared("values_of_real_packs_are_edited", "../shared/packs");
    };
    let (mut done, mut refused) = (0, 0);
    for folder in folders {
        let pack = Pack::open(&folder).unwrap();
        let values = pack.parsed_values().unwrap();
        let mut paths = Vec::new();
        collect(values.root(), "", &mut paths);
        // The biggest file has hundreds, and each edit parses it; a spread of them says as much.
        for path in paths.iter().step_by(paths.len() / 4 + 1) {
            match set(&pack.values, path, &json!("changed-value")) {
                Ok(text) => {
                    let after = Values::parse(&text).unwrap();
                    assert_eq!(after.lookup(path).and_then(|n| n.text()), Some("changed-value"), "{path}");
                    let removed = remove(&pack.values, path);
                    assert!(matches!(removed, Ok(_) | Err(EditError::Shared { .. })), "{}: {path}", folder.display());
                    let beside = format!("{}.new-key.inner", path.rsplit_once('.').map_or("", |(parent, _)| parent));
                    let beside = beside.trim_start_matches('.');
                    if let Ok(text) = set(&pack.values, beside, &json!({"a": [1, "two"]})) {
                        assert_eq!(unset(&text, beside).unwrap(), pack.values, "{}: {beside}", folder.display());
                    }
                    done += 1;
                }
                Err(EditError::Shared { .. }) => refused += 1,
                Err(error) => panic!("{}: {path}: {error}", folder.display()),
            }
        }
    }
    assert!(done > 30 && refused < done / 10, "{done} {refused}");
}

fn collect(node: yaml::Node<'_>, path: &str, out: &mut Vec<String>) {
    for (key, value) in node.entries() {
        let key = key.text().unwrap_or("~");
        if key == "<<" || key.contains('"') {
            continue;
        }
        let path = if path.is_empty() { format!("\"{key}\"") } else { format!("{path}.\"{key}\"") };
        collect(value, &path, out);
        out.push(path.replace('"', ""));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn set_then_unset_of_what_was_absent_is_nothing((text, paths) in document(), which in any::<proptest::sample::Index>(), value in plain_values()) {
        let parents: Vec<&(String, bool)> = paths.iter().filter(|(_, is_map)| *is_map).collect();
        let parent = if parents.is_empty() { "" } else { parents[which.index(parents.len())].0.as_str() };
        for path in [format!("{parent}.new"), format!("{parent}.new.deep.er")] {
            let path = path.trim_start_matches('.');
            let after = set(&text, path, &value).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
            let values = Values::parse(&after).unwrap();
            prop_assert!(values.lookup(path).is_some(), "{}\n{}", path, after);
            prop_assert_eq!(unset(&after, path), Ok(text.clone()), "{}\n{}", path, after);
        }
    }

    #[test]
    fn what_is_set_is_there_and_the_rest_is_as_it_was((text, paths) in document(), which in any::<proptest::sample::Index>(), value in plain_values()) {
        prop_assume!(!paths.is_empty());
        let (path, _) = &paths[which.index(paths.len())];
        let after = set(&text, path, &value).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
        let (before, after) = (Values::parse(&text).unwrap(), Values::parse(&after).unwrap());
        prop_assert_eq!(after.lookup(path).map(as_json), Some(texts(&value)));
        for (other, _) in &paths {
            if !other.starts_with(path.as_str()) && !path.starts_with(other.as_str()) {
                prop_assert_eq!(after.lookup(other).map(as_json), before.lookup(other).map(as_json), "{}", other);
            }
        }
        // A comment outside of the value stays; those inside go with it.
        let removed = match remove(&text, path) {
            // Blank lines behind what goes would become text of `|+` before it.
            Err(EditError::Unsafe(_)) if text.contains("|+") => text.clone(),
            other => other.unwrap_or_else(|error| panic!("{path}: {error}\n{text}")),
        };
        let kept = |text: &str| text.lines().filter(|line| line.starts_with("# top")).count();
        prop_assert_eq!(kept(&removed), kept(&text));
    }

    #[test]
    fn apply_then_unapply_is_nothing((text, paths) in document(), picks in proptest::collection::vec(any::<proptest::sample::Index>(), 0..3), (add, _) in document()) {
        let removes: Vec<&str> = picks.iter().filter(|_| !paths.is_empty()).map(|pick| paths[pick.index(paths.len())].0.as_str()).collect();
        let preset = preset("G", "p", &removes, &add);
        match apply(&text, &preset) {
            Ok(on) => {
                // A second time removes the next item of a list.
                let again = Preset { remove: Vec::new(), ..preset.clone() };
                prop_assert_eq!(apply(&on, &again).map(|again| Values::parse(&again).map(|v| as_json(v.root()))), Ok(Values::parse(&on).map(|v| as_json(v.root()))));
                prop_assert_eq!(unapply(&on, &preset, &text).unwrap(), text);
            }
            Err(error) => prop_assert!(matches!(error, EditError::Unsafe(_)), "{}", error),
        }
    }

    #[test]
    fn no_text_panics_the_editor(text in prop_oneof![yamlish(), ".{0,200}"], path in "[a-c.$\\[\\]0-2\"]{0,12}", add in yamlish()) {
        for path in [path.as_str(), "pack.charts", "pack[0]", "charts[]"] {
            if let Ok(after) = set(&text, path, &json!({"a": [1]})) { prop_assert!(yaml::parse(&after).is_ok()); }
            if let Ok(after) = remove(&text, path) { prop_assert!(yaml::parse(&after).is_ok()); }
            let _ = unset(&text, path);
        }
        let preset = preset("G", "p", &["pack"], &add);
        if let Ok(on) = apply(&text, &preset) { prop_assert_eq!(unapply(&on, &preset, &text), Ok(text)); }
    }
}

/// Scalars as their text, for comparing.
fn as_json(node: yaml::Node<'_>) -> Value {
    if node.is_map() {
        node.entries().map(|(key, value)| (key.text().unwrap_or_default().to_owned(), as_json(value))).collect()
    } else if node.is_sequence() {
        node.items().map(as_json).collect()
    } else {
        node.text().map_or(Value::Null, |text| json!(text))
    }
}

fn texts(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), texts(value))).collect(),
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Null => Value::Null,
        Value::String(text) => json!(text),
        other => json!(other.to_string()),
    }
}
