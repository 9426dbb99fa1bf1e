//! YAML events out of a stream: the text is never held, so a file of any length takes the memory of its longest scalar,
//! and that is bounded too. So is what the parser keeps for longer: the levels that are open, and the names of anchors.

use super::{Error, Mark};
use saphyr_parser::{BufferedInput, Event, Parser};
use std::cell::{Cell, RefCell};
use std::io::{self, Read};
use std::rc::Rc;

const CHUNK: usize = 64 << 10;

/// Why a stream gives no more events.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StreamError {
    #[error("{0}")]
    Read(#[source] io::Error),
    #[error("{0}")]
    NotYaml(#[from] Error),
    #[error("it is not UTF-8 text")]
    NotText,
    #[error("it is longer than {0} bytes")]
    TooLong(u64),
    #[error("one value in it is longer than {0} bytes")]
    ValueTooLong(u64),
    #[error("it is nested deeper than {0} levels")]
    TooDeep(u64),
    #[error("it has more than {0} anchors")]
    TooManyAnchors(u64),
}

/// Bytes of the whole text, bytes between two events, levels of lists and maps, and anchors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamLimits {
    pub(crate) bytes: u64,
    pub(crate) value_bytes: u64,
    pub(crate) depth: u64,
    pub(crate) anchors: u64,
}

pub(crate) struct Events<R: Read> {
    parser: Parser<'static, BufferedInput<Chars<R>>>,
    limits: StreamLimits,
    depth: u64,
    anchors: u64,
    progress: Rc<Progress>,
}

#[derive(Default)]
struct Progress {
    taken: Cell<u64>,
    /// Where the last event was given.
    last_event: Cell<u64>,
    /// Why the characters ended, when not because the text did.
    failure: RefCell<Option<StreamError>>,
}

impl<R: Read + 'static> Events<R> {
    pub(crate) fn new(input: R, limits: StreamLimits) -> Self {
        let progress = Rc::new(Progress::default());
        let chars = Chars {
            input,
            limits,
            text: String::new(),
            at: 0,
            rest: Vec::new(),
            ended: false,
            progress: progress.clone(),
        };
        Self { parser: Parser::new_from_iter(chars), limits, depth: 0, anchors: 0, progress }
    }

    /// The next event; None at the end of the stream.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'static>>, StreamError> {
        let event = self.parser.next_event();
        // A text that was cut off parses as if it ended there: the cut is what counts.
        if let Some(failure) = self.progress.failure.borrow_mut().take() {
            return Err(failure);
        }
        self.progress.last_event.set(self.progress.taken.get());
        match event {
            Some(Ok((event, _))) => self.counted(event).map(Some),
            Some(Err(error)) => {
                let mark = Mark { line: error.marker().line().max(1), column: error.marker().col() + 1 };
                Err(StreamError::NotYaml(Error { mark, message: error.info().to_owned() }))
            }
            None => Ok(None),
        }
    }
}

impl<R: Read> Events<R> {
    /// What the parser keeps of the event beyond the next one.
    fn counted(&mut self, event: Event<'static>) -> Result<Event<'static>, StreamError> {
        match event {
            Event::MappingStart(..) | Event::SequenceStart(..) => self.depth += 1,
            Event::MappingEnd | Event::SequenceEnd => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        if let Event::MappingStart(anchor, _) | Event::SequenceStart(anchor, _) | Event::Scalar(_, _, anchor, _) = event
        {
            // 0 is none.
            self.anchors += u64::from(anchor > 0);
        }
        match () {
            () if self.depth > self.limits.depth => Err(StreamError::TooDeep(self.limits.depth)),
            () if self.anchors > self.limits.anchors => Err(StreamError::TooManyAnchors(self.limits.anchors)),
            () => Ok(event),
        }
    }
}

/// The characters of a stream of UTF-8.
struct Chars<R> {
    input: R,
    limits: StreamLimits,
    text: String,
    at: usize,
    /// The start of a character that the last chunk cut.
    rest: Vec<u8>,
    ended: bool,
    progress: Rc<Progress>,
}

impl<R: Read> Chars<R> {
    fn fill(&mut self) -> Result<(), StreamError> {
        let mut bytes = std::mem::take(&mut self.rest);
        let (kept, first) = (bytes.len(), self.progress.taken.get() == 0);
        bytes.resize(kept + CHUNK, 0);
        let count = loop {
            match self.input.read(&mut bytes[kept..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read.map_err(StreamError::Read)?,
            }
        };
        bytes.truncate(kept + count);
        self.ended = count == 0;
        let valid = match std::str::from_utf8(&bytes) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() && !self.ended => error.valid_up_to(),
            Err(_) => return Err(StreamError::NotText),
        };
        self.rest = bytes.split_off(valid);
        self.text = String::from_utf8(bytes).map_err(|_| StreamError::NotText)?;
        self.at = if first && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Ok(())
    }

    fn step(&mut self) -> Result<Option<char>, StreamError> {
        while self.at == self.text.len() && !self.ended {
            self.fill()?;
        }
        let Some(c) = self.text[self.at..].chars().next() else { return Ok(None) };
        self.at += c.len_utf8();
        let taken = self.progress.taken.get() + c.len_utf8() as u64;
        self.progress.taken.set(taken);
        match c {
            // The parser takes it for the end.
            '\0' => Err(StreamError::NotText),
            _ if taken > self.limits.bytes => Err(StreamError::TooLong(self.limits.bytes)),
            _ if taken - self.progress.last_event.get() > self.limits.value_bytes => {
                Err(StreamError::ValueTooLong(self.limits.value_bytes))
            }
            c => Ok(Some(c)),
        }
    }
}

impl<R: Read> Iterator for Chars<R> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if self.progress.failure.borrow().is_some() {
            return None;
        }
        self.step().unwrap_or_else(|failure| {
            self.ended = true;
            self.at = self.text.len();
            self.progress.failure.replace(Some(failure));
            None
        })
    }
}
