//! The icons: one family, drawn for this console on a 20 by 20 grid with one stroke width, written into the page.

use std::fmt;

/// The icon called `name`. An unknown name is a mistake in a template, which the test below finds.
pub(crate) fn svg(name: &str) -> Icon {
    Icon { class: "icon", shape: shape(name) }
}

/// An icon that shows only once its button's work is done, such as "copied".
pub(crate) fn svg_done(name: &str) -> Icon {
    Icon { class: "icon done", shape: shape(name) }
}

/// Markup that goes into a page as it stands.
pub(crate) struct Icon {
    class: &'static str,
    shape: &'static str,
}

impl fmt::Display for Icon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"<svg class="{}" viewBox="0 0 20 20" aria-hidden="true">{}</svg>"#, self.class, self.shape)
    }
}

impl askama::filters::HtmlSafe for Icon {}

/// The mark: three packs in a yard.
pub(crate) const MARK: &str = r#"<svg class="mark" viewBox="0 0 24 24" fill="currentColor" aria-hidden="true"><rect x="7.25" y="2.5" width="9.5" height="8.5" rx="2"/><rect x="2" y="13" width="9.5" height="8.5" rx="2" opacity=".55"/><rect x="12.5" y="13" width="9.5" height="8.5" rx="2" opacity=".78"/></svg>"#;

fn shape(name: &str) -> &'static str {
    match name {
        "alert" => r#"<path d="M10 3.2 17.6 16.4H2.4Z"/><path d="M10 8v3.6M10 14v.1"/>"#,
        "check" => r#"<path d="m4.5 10.5 3.8 3.8 7.2-8.2"/>"#,
        "check-circle" => r#"<circle cx="10" cy="10" r="7.2"/><path d="m6.8 10.3 2.3 2.3 4.2-4.8"/>"#,
        "chevron-down" => r#"<path d="m5.5 7.8 4.5 4.5 4.5-4.5"/>"#,
        "chevron-right" => r#"<path d="m7.8 5.5 4.5 4.5-4.5 4.5"/>"#,
        "clock" => r#"<circle cx="10" cy="10" r="7.2"/><path d="M10 5.8V10l2.8 1.8"/>"#,
        "compare" => r#"<path d="M10 3v14M3.500 7h4M5.500 5v4M12.500 7h4M12.500 13h4M3.500 13h4"/>"#,
        "copy" => {
            r#"<rect x="7" y="7" width="9.5" height="9.5" rx="2"/><path d="M13 4.8A1.8 1.8 0 0 0 11.2 3.5H5.5a2 2 0 0 0-2 2v5.7A1.8 1.8 0 0 0 4.8 13"/>"#
        }
        "cross" => r#"<path d="m5 5 10 10M15 5 5 15"/>"#,
        "cross-circle" => r#"<circle cx="10" cy="10" r="7.2"/><path d="m7.5 7.5 5 5M12.5 7.5l-5 5"/>"#,
        "sort" => r#"<path d="m6.5 8 3.5-3.500 3.5 3.500M6.5 12l3.5 3.500 3.5-3.500"/>"#,
        "dash" => r#"<path d="M6 10h8"/>"#,
        "dots" => r#"<path d="M10 4.6v.1M10 10v.1M10 15.3v.1" stroke-width="2.6"/>"#,
        "down" => r#"<path d="M10 4v12M5 11l5 5 5-5"/>"#,
        "up" => r#"<path d="M10 16V4M5 9l5-5 5 5"/>"#,
        "eye" => {
            r#"<path d="M2 10s3-5.5 8-5.5S18 10 18 10s-3 5.5-8 5.500S2 10 2 10Z"/><circle cx="10" cy="10" r="2.4"/>"#
        }
        "eye-off" => {
            r#"<path d="M8.2 4.700A8 8 0 0 1 10 4.500c5 0 8 5.5 8 5.500a13 13 0 0 1-2 2.600M12.2 15.100a8 8 0 0 1-2.2.4c-5 0-8-5.5-8-5.500a13 13 0 0 1 3.2-3.700M3 3l14 14M8.3 8.300a2.4 2.4 0 0 0 3.4 3.4"/>"#
        }
        "file" => {
            r#"<path d="M11.5 2.800H6a1.6 1.6 0 0 0-1.6 1.600v11.200A1.6 1.6 0 0 0 6 17.200h8a1.6 1.6 0 0 0 1.6-1.600V6.900Z"/><path d="M11.5 2.800v4.100h4.1"/>"#
        }
        "fold" => r#"<path d="M4 10h12M10 2.500V7M7.5 5 10 7.3 12.5 5M10 17.500V13M7.5 15l2.5-2.3 2.5 2.3"/>"#,
        "history" => {
            r#"<path d="M3.4 8.200A7 7 0 1 1 3 11.5"/><path d="M3 4.200v4.200h4.2"/><path d="M10 6.200V10l2.6 1.6"/>"#
        }
        "info" => r#"<circle cx="10" cy="10" r="7.2"/><path d="M10 9.200v4.300M10 6.500v.1"/>"#,
        "key" => {
            r#"<circle cx="6.8" cy="13.2" r="3.4"/><path d="m9.300 10.700 7.2-7.2M13.4 6.600l2.400 2.4M11.200 8.800l1.8 1.8"/>"#
        }
        "leave" => {
            r#"<path d="M8 3.500H5.500a2 2 0 0 0-2 2v9a2 2 0 0 0 2 2H8M13 13.500l3.5-3.500L13 6.500M16.5 10H8"/>"#
        }
        "menu" => r#"<path d="M3.5 5.500h13M3.5 10h13M3.5 14.500h13"/>"#,
        "moon" => r#"<path d="M16.5 11.600A6.8 6.8 0 0 1 8.4 3.500a6.8 6.8 0 1 0 8.1 8.100Z"/>"#,
        "pack" => {
            r#"<path d="M10 2.6 16.6 6v8L10 17.4 3.4 14V6Z"/><path d="M3.4 6 10 9.4 16.6 6M10 9.400v8M6.7 4.300l6.6 3.4"/>"#
        }
        "pencil" => r#"<path d="M12.8 4.2 15.8 7.2 7 16H4v-3Z"/><path d="m11 6 3 3"/>"#,
        "plus" => r#"<path d="M10 4.200v11.600M4.2 10h11.6"/>"#,
        "profile" => {
            r#"<path d="M10 3 17.2 6.8 10 10.6 2.8 6.800Z"/><path d="M3 10.300l7 3.7 7-3.700M3 13.700l7 3.7 7-3.7"/>"#
        }
        "registry" => {
            r#"<ellipse cx="10" cy="5" rx="6.5" ry="2.5"/><path d="M3.5 5v5c0 1.4 2.9 2.5 6.5 2.500s6.5-1.1 6.5-2.500V5M3.5 10v5c0 1.4 2.9 2.5 6.5 2.500s6.5-1.1 6.5-2.500v-5"/>"#
        }
        "reset" => r#"<path d="M4 8.500h8.200a4 4 0 0 1 0 8H9"/><path d="M7.2 5.2 4 8.500l3.2 3.3"/>"#,
        "search" => r#"<circle cx="8.8" cy="8.8" r="5.3"/><path d="m12.8 12.8 3.9 3.9"/>"#,
        "spinner" => r#"<path d="M10 2.800a7.2 7.2 0 1 1-7.2 7.2"/>"#,
        "sun" => {
            r#"<circle cx="10" cy="10" r="3.4"/><path d="M10 2.200v1.600M10 16.200v1.600M2.2 10h1.600M16.2 10h1.600M4.5 4.500l1.1 1.100M14.4 14.400l1.1 1.100M15.5 4.500l-1.1 1.100M5.6 14.400l-1.1 1.1"/>"#
        }
        "sync" => {
            r#"<path d="M16.6 8A7 7 0 0 0 4.2 6.200L3 7.500M3 3.800v3.700h3.700M3.4 12a7 7 0 0 0 12.4 1.800l1.2-1.300M17 16.200v-3.700h-3.7"/>"#
        }
        "theme" => r#"<circle cx="10" cy="10" r="7"/><path d="M10 3a7 7 0 0 1 0 14Z" fill="currentColor"/>"#,
        "trash" => {
            r#"<path d="M3.8 5.500h12.400M8 5.500V3.600h4v1.900M5.2 5.500l.8 11h8l.8-11M8.3 8.700v4.800M11.7 8.700v4.8"/>"#
        }
        "upload" => {
            r#"<path d="M10 12.800V3.500M6.2 7.2 10 3.500l3.8 3.700M3.5 12.500v2.200a1.8 1.8 0 0 0 1.8 1.800h9.400a1.8 1.8 0 0 0 1.8-1.800v-2.2"/>"#
        }
        "user" => r#"<circle cx="10" cy="7" r="3.4"/><path d="M3.6 17a6.4 6.4 0 0 1 12.8 0"/>"#,
        "users" => {
            r#"<circle cx="7.500" cy="7.200" r="3"/><path d="M2 16.500a5.500 5.500 0 0 1 11 0M12.800 4.500a3 3 0 0 1 0 5.400M14.500 11.800a5.500 5.500 0 0 1 3.500 4.700"/>"#
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `icon("name")` in the templates and in this crate's code must name a drawn icon.
    #[test]
    fn every_icon_that_a_template_names_is_drawn() {
        let calls = regex_free_calls(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/templates")));
        assert!(calls.len() > 10, "found only {calls:?}");
        for name in calls {
            assert!(!shape(&name).is_empty(), "a template names the icon `{name}`, which nobody drew");
        }
    }

    fn regex_free_calls(dir: &std::path::Path) -> std::collections::BTreeSet<String> {
        let mut names = std::collections::BTreeSet::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                names.extend(regex_free_calls(&path));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split("svg(\"").skip(1).chain(text.split("svg_done(\"").skip(1)) {
                names.insert(call.split('"').next().unwrap().to_owned());
            }
        }
        names
    }
}
