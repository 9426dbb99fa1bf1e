//! What is made of a README before any HTML of it is parsed. It is from whoever made the pack, and a parser of HTML may
//! make far more of it than it has bytes: formatting that is left open is opened again in every block that follows, and
//! each level is looked through for each block in it. So length, levels, and what raw HTML can multiply have bounds.

use pulldown_cmark::{Event, Tag, TagEnd};

/// Bytes of a README that are shown.
const SHOWN: usize = 512 << 10;
/// How deep anything may lie in anything else.
const LEVELS: usize = 50;
/// Raw tags that are read as HTML.
const RAW_TAGS: usize = 5_000;
/// Elements that formatting left open by raw tags may be opened again as.
const OPENED_AGAIN: usize = 400_000;

/// Elements that a parser of HTML opens again until they are closed (HTML, "The list of active formatting elements").
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// The beginning that is shown, and whether there is more.
pub(super) fn shown(markdown: &str) -> (&str, bool) {
    let end = markdown.floor_char_boundary(SHOWN);
    (&markdown[..end], end < markdown.len())
}

/// What of a README's events is rendered.
pub(super) fn bounded<'a>(events: impl Iterator<Item = Event<'a>>) -> impl Iterator<Item = Event<'a>> {
    let mut levels = 0;
    let events: Vec<Event<'a>> = events.filter(|event| is_shallow(event, &mut levels)).collect();
    let reads_html = is_harmless(&events);
    events.into_iter().filter_map(move |event| if reads_html { Some(event) } else { without_html(event) })
}

/// What is too deep loses what it was in, and stays.
fn is_shallow(event: &Event<'_>, levels: &mut usize) -> bool {
    match event {
        Event::Start(_) => {
            *levels += 1;
            *levels <= LEVELS
        }
        Event::End(_) => {
            *levels = levels.saturating_sub(1);
            *levels < LEVELS
        }
        _ => true,
    }
}

/// Whether raw HTML can be left to the parser. Counts more than there can be: a tag that is closed in time is opened
/// nowhere again.
fn is_harmless(events: &[Event<'_>]) -> bool {
    let (mut tags, mut left_open, mut inside) = (0_usize, 0_usize, 0_usize);
    for event in events {
        match event {
            Event::Html(text) => {
                tags += text.matches('<').count();
                left_open += formatting(text);
            }
            Event::InlineHtml(text) => {
                tags += text.matches('<').count();
                // In a link or an emphasis it may keep that from being closed.
                left_open += formatting(text) + usize::from(inside > 0);
            }
            Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. }) => inside += 1,
            Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link) => inside -= 1,
            _ => {}
        }
    }
    tags <= RAW_TAGS && left_open.saturating_mul(events.len() + tags) <= OPENED_AGAIN
}

/// How many formatting elements raw HTML opens.
fn formatting(html: &str) -> usize {
    let name = |rest: &str| rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let opens = |rest: &&str| FORMATTING.iter().any(|known| known.eq_ignore_ascii_case(&rest[..name(rest)]));
    html.split('<').skip(1).filter(opens).count()
}

/// Tags in a line go, whole blocks of them are shown as text.
fn without_html(event: Event<'_>) -> Option<Event<'_>> {
    match event {
        Event::InlineHtml(_) => None,
        Event::Html(text) => Some(Event::Text(text)),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opened_formatting_is_counted_and_nothing_else() {
        assert_eq!(formatting("<B><font size=1></b><p><abbr><a href=x>"), 3);
        assert_eq!(formatting("a < b <<<i"), 1);
        assert_eq!(formatting(""), 0);
    }

    #[test]
    fn the_beginning_ends_at_a_character() {
        assert_eq!(shown("short"), ("short", false));
        let long = format!("{}é", "x".repeat(SHOWN - 1));
        assert_eq!(shown(&long), (&long[..SHOWN - 1], true));
    }
}
