//! values.yaml of a new pack: the `pack` map, and below it the chart's own values, every line set in and otherwise as it is.
//!
//! Setting in keeps the meaning of YAML but for few things: marks between documents, a byte order mark, a root that is no
//! map. Marks become spaces, the byte order mark goes; and the outcome is read again and must say what the chart's values
//! say, event by event, so that nothing can be lost unseen.

use crate::values::edit::render;
use crate::yaml::{self, Mark, events::events};
use saphyr_parser::Event;

/// How far the values of a chart are set in: below `charts:` and its name.
const INDENT: &str = "    ";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    #[error("the chart's values.yaml is not YAML: {0}")]
    NotYaml(#[from] yaml::Error),
    #[error("the chart's values.yaml is not a map (line {})", .0.line)]
    NotAMap(Mark),
    #[error("a second YAML document starts in line {} of the chart's values.yaml; Helm reads one", .0.line)]
    SecondDocument(Mark),
    #[error(
        "the chart's values.yaml cannot be set in under `charts` without changing it; bring it to usual YAML first"
    )]
    Changed,
}

/// What the `pack` map says.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackMap<'a> {
    pub(super) namespace: &'a str,
    pub(super) images: &'a [String],
}

impl PackMap<'_> {
    pub(super) fn text(&self) -> String {
        let mut out = String::from("pack:\n");
        if self.namespace.is_empty() {
            out.push_str("  # Where the pack is installed.\n  # namespace: my-namespace\n");
        } else {
            out.push_str(&format!(
                "  # Where the pack is installed.\n  namespace: {}\n",
                render::quoted(self.namespace)
            ));
        }
        out.push_str("  # Images that sites without a network are loaded with.\n");
        if self.images.is_empty() {
            out.push_str("  # content:\n  #   images:\n  #     - image: registry.example.com/name:1.0.0\n");
        } else {
            out.push_str("  content:\n    images:\n");
            let items = self.images.iter().map(|image| format!("      - image: {}\n", render::string(image)));
            out.extend(items);
        }
        // A map of comments alone would be null.
        if self.namespace.is_empty() && self.images.is_empty() {
            out.replace_range(.."pack:\n".len(), "pack: {}\n");
        }
        out
    }
}

/// The values of a pack with one chart.
pub(super) fn of_chart(pack: PackMap<'_>, chart: &str, values: &str) -> Result<String, ValuesError> {
    let values = values.strip_prefix('\u{feff}').unwrap_or(values);
    let document = yaml::parse(values)?;
    if let Some(mark) = document.second_document {
        return Err(ValuesError::SecondDocument(mark));
    }
    let is_empty = document.root().is_null();
    if !document.root().is_map() && !is_empty {
        return Err(ValuesError::NotAMap(document.root().mark()));
    }
    let mut out = pack.text();
    out.push_str("\n# Values of the chart, as the chart has them.\ncharts:\n  ");
    out.push_str(&render::string(chart));
    out.push_str(if is_empty { ": {}\n" } else { ":\n" });
    let root_line = document.root().mark().line;
    set_in(values, if is_empty { 0 } else { root_line }, &mut out);
    if !is_empty && !says_the_same(values, &out)? {
        return Err(ValuesError::Changed);
    }
    // Of comments alone there is nothing to compare; they must have stayed comments.
    if is_empty
        && !yaml::parse(&out)?.root().get("charts").and_then(|node| node.get(chart)).is_some_and(|node| node.is_map())
    {
        return Err(ValuesError::Changed);
    }
    Ok(out)
}

/// The values of a pack with manifests; each has a map of its own, which templates in it take their values from.
pub(super) fn of_manifests<'a>(pack: PackMap<'_>, keys: impl Iterator<Item = &'a str>) -> String {
    let mut out = pack.text();
    out.push_str(
        "\n# Values for templates in the manifests: .Values.KEY in manifests/NAME.yaml is NAME.KEY here.\nmanifests:\n",
    );
    out.extend(keys.map(|key| format!("  {}: {{}}\n", render::string(key))));
    out
}

/// Appends the lines of `text`, set in. Empty ones stay empty. Marks before and behind the document become spaces.
fn set_in(text: &str, root_line: usize, out: &mut String) {
    let mut block_ended = false;
    for (index, line) in lines(text).enumerate() {
        let content = line.trim_end_matches(['\n', '\r']);
        let mark = content.get(..3).filter(|_| matches!(content.as_bytes().get(3), None | Some(b' ' | b'\t')));
        if content.is_empty() {
            out.push_str(line);
        } else if mark == Some("---") && (root_line == 0 || index < root_line) && !block_ended {
            out.push_str(INDENT);
            out.push_str("   ");
            out.push_str(&line[3..]);
        } else if mark == Some("...") {
            block_ended = true;
            out.push_str(INDENT);
            out.push_str("   ");
            out.push_str(&line[3..]);
        } else {
            out.push_str(INDENT);
            out.push_str(line);
        }
    }
}

/// The lines with their ends, which are those of YAML: LF, CRLF, and CR alone.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = match rest.find(['\n', '\r'])? {
            at if rest[at..].starts_with("\r\n") => at + 2,
            at => at + 1,
        };
        let (line, after) = rest.split_at(end);
        rest = after;
        Some(line)
    })
    .chain(last_line(text))
}

/// What stands behind the last line end.
fn last_line(text: &str) -> Option<&str> {
    let start = text.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    Some(&text[start..]).filter(|line| !line.is_empty())
}

/// The events of the chart's values are the last of the pack's, but for the ends of `charts` and of the document's map.
fn says_the_same(values: &str, pack: &str) -> Result<bool, ValuesError> {
    let (own, all) = (events(values)?, events(pack)?);
    let ends = [Event::MappingEnd, Event::MappingEnd];
    let Some(before_ends) = all.strip_suffix(&ends[..]) else { return Ok(false) };
    let Some(before) = before_ends.strip_suffix(own.as_slice()) else { return Ok(false) };
    let is_value = matches!(before, [.., Event::Scalar(charts, ..), Event::MappingStart(..), Event::Scalar(..)] if charts == "charts");
    Ok(is_value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACK: PackMap<'static> = PackMap { namespace: "web", images: &[] };

    /// The chart's values out of the pack's, by undoing what [`set_in`] did.
    fn taken_out(pack: &str) -> String {
        let start = pack.find("\ncharts:\n").unwrap() + "\ncharts:\n".len();
        let body = &pack[start..];
        let body = &body[body.find('\n').unwrap() + 1..];
        lines(body).map(|line| line.strip_prefix(INDENT).unwrap_or(line)).collect()
    }

    #[track_caller]
    fn kept(values: &str) -> String {
        let text = of_chart(PACK, "web", values).unwrap_or_else(|error| panic!("{values:?}: {error}"));
        assert_eq!(taken_out(&text), values, "{text}");
        text
    }

    #[test]
    fn the_layout_is_that_of_packs() {
        let images = ["ghcr.io/a/web:1.0".to_owned()];
        let pack = PackMap { namespace: "web", images: &images };
        let text = of_chart(pack, "web", "# Copies\nreplicas: 1\n\nimage:\n  tag: \"\"\n").unwrap();
        assert_eq!(
            text,
            "pack:\n  # Where the pack is installed.\n  namespace: \"web\"\n  # Images that sites without a network are loaded with.\n  content:\n    images:\n      - image: ghcr.io/a/web:1.0\n\n# Values of the chart, as the chart has them.\ncharts:\n  web:\n    # Copies\n    replicas: 1\n\n    image:\n      tag: \"\"\n"
        );
        let text = of_manifests(PACK, ["app", "true"].into_iter());
        let document = yaml::parse(&text).unwrap();
        assert!(document.root().get("manifests").and_then(|m| m.get("true")).is_some(), "{text}");
    }

    #[test]
    fn odd_but_sound_values_stay_as_they_are() {
        for values in [
            "",
            "\n",
            "# only\n  # comments\n",
            "{}",
            "{}\n",
            "{a: 1,\nb: [\n2]}\n",
            "a: |\n  x\n\n   y\n\n\n# end",
            "a: |+\n  x\n\n",
            "a: |2\n    x\n  y\n",
            "a: >-\n  folded\n  text\n\n  more\nb: 1",
            "a: \"two\n  lines\"\nb: 'more\n\n  lines'\n",
            "a:\r\n  b: 1\r\n\r\nc: 2\r\n",
            "a: 1\rb: 2\r",
            "a: &x\n  k: 1\nb: *x\nc:\n  <<: *x\n",
            "a:\n- 1\n- 2\n",
            "a: \"{{ .Values.x }}\"\n# {{ spectro }}\n",
            "  a: 1\n  b: 2\n",
            "a: 1\n   \n\t\nb: 2\n",
            "\"quoted key\": 1\n? complex\n: 2\n",
            "a: ''\n\n\n\n",
            "!!map\na: 1\n",
        ] {
            kept(values);
        }
    }

    #[test]
    fn marks_of_documents_become_spaces_and_the_meaning_stays() {
        for (values, expected) in [
            ("---\na: 1\n", "   \na: 1\n"),
            ("# top\n--- # start\na: 1\n...\n", "# top\n    # start\na: 1\n   \n"),
            ("\u{feff}a: 1\n", "a: 1\n"),
            ("--- {a: 1}", "    {a: 1}"),
        ] {
            let text = of_chart(PACK, "web", values).unwrap_or_else(|error| panic!("{values:?}: {error}"));
            assert_eq!(taken_out(&text), expected, "{values:?}");
        }
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for (values, expected) in [
            ("- 1\n", "not a map (line 1)"),
            ("text\n", "not a map"),
            ("a: 1\n---\nb: 2\n", "second YAML document starts in line 2"),
            ("a: [\n", "is not YAML"),
            ("{{ .Values }}: 1\n", "is not YAML"),
        ] {
            let error = of_chart(PACK, "web", values).unwrap_err().to_string();
            assert!(error.contains(expected), "{values:?}: {error}");
        }
    }

    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{1,6}",
            "[0-9]{1,4}",
            Just("{}".to_owned()),
            Just("[]".to_owned()),
            Just("~".to_owned()),
            Just(String::new()),
            "\"[ -!#-Z^-~]{0,12}\"".prop_map(|text| text.replace('\\', "/")),
            "'[ -&(-~]{0,12}'",
            "(\\|[+-]?|>[+-]?)( # [a-z]+)?\n( {4,6}[a-z :#-]{1,8}\n|\n){1,4}",
            "\n(   [a-z]{1,4}: [a-z0-9]{0,3}\n|\n|  *# [a-z]*\n){1,4}",
            "\n(   ?- [a-z]{1,4}\n){1,3}",
            "\\[[a-z]{1,3},\n [a-z]{1,3}\\]",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn values_come_out_byte_for_byte(
            entries in proptest::collection::vec(("[a-z]{1,5}", value(), "(\n|\n\n|  \n|\n# [a-z]{0,6}\n|\r\n)"), 0..8),
            start in "(|# [a-z ]*\n|\n)",
            cut in any::<bool>(),
        ) {
            let mut values = start;
            for (index, (key, value, end)) in entries.iter().enumerate() {
                values.push_str(&format!("{key}{index}: {value}{end}"));
            }
            if cut {
                values.truncate(values.trim_end().len());
            }
            // Not every text of these pieces is YAML; what is, is kept.
            if yaml::parse(&values).is_ok_and(|document| document.root().is_map() || document.root().is_null()) {
                let text = of_chart(PACK, "web", &values);
                prop_assert!(text.is_ok(), "{values:?}: {text:?}");
                prop_assert_eq!(taken_out(&text.unwrap_or_default()), values);
            }
        }

        #[test]
        fn no_text_makes_it_panic_or_lie(values in "[a-c:\\- \n\r\t#'\"|>{}\\[\\]&*!.~0-9]{0,60}") {
            if let Ok(text) = of_chart(PACK, "web", &values) {
                let (own, pack) = (yaml::parse(&values).unwrap(), yaml::parse(&text).unwrap());
                let count = pack.root().get("charts").and_then(|node| node.get("web")).map_or(0, |node| node.entries().count());
                prop_assert_eq!(count, own.root().entries().count());
            }
        }
    }
}
