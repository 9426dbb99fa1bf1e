//! Small pieces that many pages show: a status, a copy button, a command, a reveal button, a pack's logo. Each prints
//! itself as markup, with everything that came from outside escaped.

use crate::icons;
use askama::Template;
use askama::filters::HtmlSafe;
use std::collections::BTreeMap;
use std::fmt;

/// Icon, word and colour, never colour alone.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<span class="status {{ kind }}">{{ icons::svg(icon) }} {{ word }}</span>"#, ext = "html")]
pub(crate) struct Status {
    pub(crate) kind: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) word: &'static str,
}

impl HtmlSafe for Status {}

impl Status {
    pub(crate) fn good(word: &'static str) -> Self {
        Self { kind: "good", icon: "check-circle", word }
    }
    pub(crate) fn bad(word: &'static str) -> Self {
        Self { kind: "bad", icon: "cross-circle", word }
    }
    pub(crate) fn warn(word: &'static str) -> Self {
        Self { kind: "warn", icon: "alert", word }
    }
    pub(crate) fn running(word: &'static str) -> Self {
        Self { kind: "run", icon: "spinner", word }
    }
    pub(crate) fn idle(word: &'static str) -> Self {
        Self { kind: "idle", icon: "clock", word }
    }
}

#[derive(Template)]
#[template(
    source = r#"<button class="copy" type="button" data-copy="{{ text }}" aria-label="Copy {{ what }}" title="Copy">{{ icons::svg("copy") }}{{ icons::svg_done("check") }}</button>"#,
    ext = "html"
)]
pub(crate) struct Copy<'a> {
    text: &'a str,
    what: &'a str,
}

impl HtmlSafe for Copy<'_> {}

/// A button that copies `text`, named after what it is.
pub(crate) fn copy<'a>(text: &'a str, what: &'a str) -> Copy<'a> {
    Copy { text, what }
}

#[derive(Template)]
#[template(
    source = r#"<div class="code{% if wraps %} wraps{% endif %}"><pre tabindex="0">{{ text }}</pre>{{ crate::parts::copy(text, what) }}</div>"#,
    ext = "html"
)]
pub(crate) struct Command<'a> {
    text: &'a str,
    what: &'a str,
    wraps: bool,
}

impl HtmlSafe for Command<'_> {}

/// Something to paste into a terminal.
pub(crate) fn command(text: &str) -> Command<'_> {
    Command { text, what: "the command", wraps: false }
}

/// The same in a narrow place.
pub(crate) fn wrapped_command(text: &str) -> Command<'_> {
    wrapped(text, "the command")
}

/// Something else to copy, named after what it is.
pub(crate) fn wrapped<'a>(text: &'a str, what: &'a str) -> Command<'a> {
    Command { text, what, wraps: true }
}

#[derive(Template)]
#[template(
    source = r#"<button class="copy" type="button" data-reveal="{{ field }}" aria-pressed="false" aria-label="Show or hide what is typed" title="Show or hide"><span data-eye>{{ icons::svg("eye") }}</span><span data-eye-off hidden>{{ icons::svg("eye-off") }}</span></button>"#,
    ext = "html"
)]
pub(crate) struct Reveal<'a> {
    field: &'a str,
}

impl HtmlSafe for Reveal<'_> {}

/// A button that shows and hides the secret in the field with this id.
pub(crate) fn reveal(field: &str) -> Reveal<'_> {
    Reveal { field }
}

/// A sentence in which `x` stands for code, as the services write them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coded<'a>(&'a str);

impl HtmlSafe for Coded<'_> {}

/// Shows what stands between backticks as code. A backtick without a partner stays what it is.
pub(crate) fn coded(text: &str) -> Coded<'_> {
    Coded(text)
}

impl fmt::Display for Coded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some((before, after)) = rest.split_once('`') {
            let Some((code, after)) = after.split_once('`').filter(|(code, _)| !code.is_empty()) else { break };
            write_escaped(f, before)?;
            f.write_str("<code>")?;
            write_escaped(f, code)?;
            f.write_str("</code>")?;
            rest = after;
        }
        write_escaped(f, rest)
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let Ok(escaped) = askama::filters::escape(text, askama::filters::Html);
    write!(f, "{escaped}")
}

/// What is wrong with the fields of a form, by the field's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldErrors(BTreeMap<&'static str, String>);

impl FieldErrors {
    pub(crate) fn add(&mut self, field: &'static str, message: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| message.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    /// The slot beside a field: always there, so that it can be refilled without the rest of the form.
    pub(crate) fn slot<'a>(&'a self, field: &'a str) -> ErrorSlot<'a> {
        ErrorSlot { field, message: self.0.get(field).map(String::as_str) }
    }
}

#[derive(Template)]
#[template(
    source = r#"<div id="error-{{ field }}">{% if let Some(message) = message %}<p class="error">{{ icons::svg("alert") }} <span>{{ crate::parts::coded(message) }}</span></p>{% endif %}</div>"#,
    ext = "html"
)]
pub(crate) struct ErrorSlot<'a> {
    field: &'a str,
    message: Option<&'a str>,
}

impl HtmlSafe for ErrorSlot<'_> {}

/// A pack's picture, or the first letter of its name.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<span class="logo {{ size }}" aria-hidden="true">{% if let Some(address) = address %}<img src="{{ address }}" alt="" loading="lazy" width="40" height="40">{% else %}{{ letter }}{% endif %}</span>"#,
    ext = "html"
)]
pub(crate) struct Logo {
    address: Option<String>,
    letter: char,
    size: &'static str,
}

impl HtmlSafe for Logo {}

impl Logo {
    pub(crate) fn new(pack_uid: &str, has_logo: bool, display_name: &str) -> Self {
        let letter =
            display_name.trim().chars().next().map_or('?', |first| first.to_uppercase().next().unwrap_or(first));
        Self { address: has_logo.then(|| format!("/packs/{pack_uid}/logo")), letter, size: "" }
    }

    pub(crate) fn large(mut self) -> Self {
        self.size = "large";
        self
    }

    pub(crate) fn tiny(mut self) -> Self {
        self.size = "tiny";
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_escaped_in_every_part() {
        let bad = r#""><script>alert(1)</script>"#;
        for html in [
            copy(bad, bad).to_string(),
            command(bad).to_string(),
            reveal(bad).to_string(),
            coded(bad).to_string(),
            coded(&format!("`{bad}`")).to_string(),
            Logo::new(bad, true, "x").to_string(),
        ] {
            assert!(!html.contains("<script>"), "{html}");
        }
        assert!(Logo::new("u", false, "<b>").to_string().contains("&#60;"), "{}", Logo::new("u", false, "<b>"));
    }

    #[test]
    fn what_stands_between_backticks_is_code() {
        assert_eq!(coded("push it to `a/b`, or `c`").to_string(), "push it to <code>a/b</code>, or <code>c</code>");
        assert_eq!(coded("`<b>` & co").to_string(), "<code>&#60;b&#62;</code> &#38; co");
        for plain in ["", "none", "one ` alone", "two `` empty"] {
            assert_eq!(coded(plain).to_string(), plain);
        }
    }
}
