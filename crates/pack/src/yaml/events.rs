//! What a YAML text says, as the list of its parser's events: two texts with the same events say the same, however they are
//! indented.

use super::{DEPTH, Error, Mark, NODES};
use saphyr_parser::{Event, Parser};

/// The events of the first document, without its start and end. Bounded as documents are.
pub(crate) fn events(text: &str) -> Result<Vec<Event<'_>>, Error> {
    let mut parser = Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
    let (mut out, mut depth) = (Vec::new(), 0_usize);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Error {
            mark: Mark { line: error.marker().line().max(1), column: error.marker().col() + 1 },
            message: error.info().to_owned(),
        })?;
        match event {
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => continue,
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            Event::Scalar(..) | Event::Alias(_) => {}
        }
        if depth > DEPTH || out.len() > 2 * NODES {
            let mark = Mark { line: span.start.line().max(1), column: span.start.col() + 1 };
            return Err(Error { mark, message: "the document is too large".to_owned() });
        }
        out.push(event);
    }
    Ok(out)
}
