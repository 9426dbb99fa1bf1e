//! README text as HTML that cannot do anything: no script, no style, no form, and no picture or other load from
//! elsewhere (a remote picture tells its owner who reads the page). Links open without telling where from.

mod bounds;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Options, Parser, html};
use std::collections::HashSet;
use std::sync::LazyLock;

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::default();
    builder
        .rm_tags(["img", "map", "area", "video", "audio", "style"])
        .url_schemes(HashSet::from(["https", "http", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .add_tag_attributes("th", ["align"])
        .add_tag_attributes("td", ["align"])
        // Wide ones scroll sideways by themselves: the keyboard must reach them.
        .set_tag_attribute_value("table", "tabindex", "0")
        .set_tag_attribute_value("pre", "tabindex", "0");
    builder
});

/// Headings move down one level: the page has its own first.
pub(crate) fn render(markdown: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let (shown, has_more) = bounds::shown(markdown);
    let events = bounds::bounded(Parser::new_ext(shown, options)).map(lowered);
    let mut raw = String::with_capacity(shown.len() * 3 / 2);
    html::push_html(&mut raw, events);
    let mut clean = CLEANER.clean(&raw).to_string();
    if has_more {
        clean.push_str("<p><em>This README is longer than what is shown here.</em></p>");
    }
    clean
}

fn lowered(event: pulldown_cmark::Event<'_>) -> pulldown_cmark::Event<'_> {
    use pulldown_cmark::{Event, HeadingLevel as H, Tag, TagEnd};
    let lower = |level: H| match level {
        H::H1 => H::H2,
        H::H2 => H::H3,
        H::H3 => H::H4,
        H::H4 => H::H5,
        _ => H::H6,
    };
    match event {
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Start(Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_readme_needs_survives() {
        let html = render(
            "# Title\n\nA [link](https://example.com) and `code`.\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n```yaml\na: 1\n```\n",
        );
        for part in [
            "<h2>Title</h2>",
            r#"href="https://example.com""#,
            "noreferrer",
            "<code>code</code>",
            "<td>1</td>",
            "<pre tabindex=\"0\">",
            "<table tabindex=\"0\">",
        ] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
    }

    /// A few kilobytes became a page of gigabytes, and a few thousand levels minutes.
    #[test]
    fn what_html_would_multiply_is_bounded() {
        let open: String = (0..300).map(|n| format!("<b title={n}>")).collect();
        let blocks = "<p>x</p>".repeat(600);
        let paragraphs = "x\n\n".repeat(600);
        for bomb in [
            format!("<div><p>{open}x</p>{blocks}</div>\n"),
            format!("x {open}\n\n{paragraphs}"),
            format!("{}\n\n{paragraphs}", "*x <table><td>* ".repeat(300)),
        ] {
            let html = render(&bomb);
            assert!(html.len() < 20 * bomb.len(), "{} bytes became {}", bomb.len(), html.len());
            assert!(html.contains('x'), "what it says is still there");
        }
        let deep = |html: String, tag: &str| html.matches(tag).count();
        assert!(deep(render(&format!("{} x", ">".repeat(1_000))), "<blockquote") <= 50);
        assert!(deep(render(&format!("{}x", "- ".repeat(1_000))), "<ul") <= 50);
        assert!(deep(render(&format!("{}{}", "*x ".repeat(1_000), "x* ".repeat(1_000))), "<em") <= 50);
        let long = render(&"word \n\n".repeat(100_000));
        assert!(long.ends_with("longer than what is shown here.</em></p>") && long.len() < 2 << 20);
    }

    #[test]
    fn the_html_of_an_honest_readme_is_read() {
        let badges = "[<b>x</b>](https://example.com/badge) ".repeat(20);
        let html = render(&format!(
            "<p align=center><b>Title</b></p>\n\n{badges}\n\n<details><summary>More</summary>\n\n- one\n  - two\n\n</details>\n"
        ));
        for part in ["<b>Title</b>", "<b>x</b>", "<summary>More</summary>", "<li>two</li>"] {
            assert!(html.contains(part), "{part} is missing in {html}");
        }
    }

    #[test]
    fn nothing_runs_loads_or_styles() {
        let attacks = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "![x](https://tracker.example/pixel.png)",
            "[x](javascript:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "<a href='jAvAsCrIpT:alert(1)'>x</a>",
            "<svg onload=alert(1)><use href='https://e.example/a#b'/></svg>",
            "<iframe src=https://e.example></iframe>",
            "<div style='position:fixed;inset:0' onclick=alert(1)>x</div>",
            "<form action=https://e.example><input name=p></form>",
            "<style>*{display:none}</style>",
            "<meta http-equiv=refresh content='0;url=https://e.example'>",
            "<a href='/settings/registries'>relative</a>",
            "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
        ];
        for attack in attacks {
            let html = render(attack).to_lowercase();
            for bad in [
                "<script",
                "<img",
                "onerror",
                "onload",
                "onclick",
                "javascript:",
                "data:",
                "<iframe",
                "style",
                "<form",
                "<input",
                "<meta",
                "<svg",
                "src=",
                "href=\"/",
            ] {
                assert!(!html.contains(bad), "{attack} left {bad} in {html}");
            }
        }
    }
}
