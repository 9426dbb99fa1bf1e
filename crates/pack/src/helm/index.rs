//! index.yaml of a Helm chart repository, read as a stream: entry after entry, none of them kept. Large repositories have
//! tens of megabytes of it. Spec: Helm documentation, "The Chart Repository Guide", "The index file".

use crate::yaml::stream::{Events, StreamError, StreamLimits};
use saphyr_parser::Event;
use std::io::Read;

/// Limits for reading one index; each has a name that errors say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexLimits {
    /// Bytes of the whole file.
    pub bytes: u64,
    /// Versions of all charts together.
    pub entries: u64,
    /// Bytes of one text in it.
    pub value_bytes: u64,
    /// Levels of lists and maps in each other.
    pub depth: u64,
    /// Anchors of YAML, which no tool writes into one.
    pub anchors: u64,
}

impl IndexLimits {
    /// The largest public repositories have some 30 MB and 20,000 versions.
    pub const HELM: Self =
        Self { bytes: 256 << 20, entries: 500_000, value_bytes: 1 << 20, depth: 100, anchors: 1_000 };
}

impl Default for IndexLimits {
    fn default() -> Self {
        Self::HELM
    }
}

/// One version of a chart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexEntry {
    /// The key under which it is listed.
    pub name: String,
    pub version: String,
    pub app_version: Option<String>,
    pub description: Option<String>,
    /// SHA-256 of the archive in hex, where the repository says it.
    pub digest: Option<String>,
    /// Where the archive is; relative ones are below the repository.
    pub urls: Vec<String>,
    pub created: Option<String>,
    pub deprecated: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("the index cannot be read: {0}")]
    Read(#[source] std::io::Error),
    #[error("the index is not YAML: {0}")]
    NotYaml(String),
    #[error("this is no index of a Helm repository: {0}")]
    NotAnIndex(&'static str),
    #[error("the index is over the limit helm.{limit} = {value}")]
    Limit { limit: &'static str, value: u64 },
}

impl From<StreamError> for IndexError {
    fn from(error: StreamError) -> Self {
        match error {
            StreamError::Read(error) => Self::Read(error),
            StreamError::NotYaml(error) => Self::NotYaml(error.to_string()),
            StreamError::NotText => Self::NotYaml("it is not UTF-8 text".to_owned()),
            StreamError::TooLong(value) => Self::Limit { limit: "index_bytes", value },
            StreamError::ValueTooLong(value) => Self::Limit { limit: "index_value_bytes", value },
            StreamError::TooDeep(value) => Self::Limit { limit: "index_depth", value },
            StreamError::TooManyAnchors(value) => Self::Limit { limit: "index_anchors", value },
        }
    }
}

/// URLs kept of one entry; the first that works is taken.
const URLS: usize = 16;

/// The entries in the file's order; the versions of one chart follow each other.
pub struct IndexReader<R: Read> {
    events: Events<R>,
    place: Place,
    entries: u64,
    limit: u64,
    has_entries: bool,
    has_end: bool,
}

/// Between which events the reader stands.
enum Place {
    Start,
    /// In the map of the document.
    Root,
    /// In the map `entries`.
    Charts,
    /// In the list of one chart.
    Versions(String),
    End,
}

impl<R: Read + 'static> IndexReader<R> {
    pub fn new(input: R, limits: &IndexLimits) -> Self {
        let IndexLimits { bytes, entries: limit, value_bytes, depth, anchors } = *limits;
        let events = Events::new(input, StreamLimits { bytes, value_bytes, depth, anchors });
        Self { events, place: Place::Start, entries: 0, limit, has_entries: false, has_end: false }
    }

    /// Whether `generated` came, which Helm and its like write after the entries. A file that was cut off between two
    /// entries is sound YAML; what it lacks is this.
    pub fn has_end(&self) -> bool {
        self.has_end
    }

    fn step(&mut self) -> Result<Option<IndexEntry>, IndexError> {
        loop {
            match std::mem::replace(&mut self.place, Place::End) {
                Place::Start => self.start()?,
                Place::Root => self.root()?,
                Place::Charts => self.charts()?,
                Place::Versions(name) => match self.event()? {
                    Event::MappingStart(..) => {
                        let mut entry = IndexEntry { name: name.clone(), ..IndexEntry::default() };
                        self.fields(&mut entry)?;
                        self.place = Place::Versions(name);
                        return self.counted(entry).map(Some);
                    }
                    Event::SequenceEnd => self.place = Place::Charts,
                    other => {
                        self.skip(&other)?;
                        self.place = Place::Versions(name);
                    }
                },
                Place::End => return Ok(None),
            }
        }
    }

    fn counted(&mut self, entry: IndexEntry) -> Result<IndexEntry, IndexError> {
        self.entries += 1;
        if self.entries > self.limit {
            return Err(IndexError::Limit { limit: "index_entries", value: self.limit });
        }
        Ok(entry)
    }

    fn event(&mut self) -> Result<Event<'static>, IndexError> {
        self.events.next()?.ok_or(IndexError::NotAnIndex("it ends too early"))
    }

    fn start(&mut self) -> Result<(), IndexError> {
        loop {
            match self.event()? {
                Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
                Event::MappingStart(..) => {
                    self.place = Place::Root;
                    return Ok(());
                }
                Event::StreamEnd => return Err(IndexError::NotAnIndex("it is empty")),
                _ => return Err(IndexError::NotAnIndex("it is not a map")),
            }
        }
    }

    fn root(&mut self) -> Result<(), IndexError> {
        let key = match self.event()? {
            Event::MappingEnd => return Ok(()),
            key => key,
        };
        let is_entries = matches!(&key, Event::Scalar(text, ..) if text == "entries");
        self.has_entries |= is_entries;
        self.has_end |= self.has_entries && matches!(&key, Event::Scalar(text, ..) if text == "generated");
        self.skip(&key)?;
        let value = self.event()?;
        self.place = match value {
            Event::MappingStart(..) if is_entries => Place::Charts,
            Event::SequenceStart(..) if is_entries => return Err(IndexError::NotAnIndex("`entries` is not a map")),
            other => {
                self.skip(&other)?;
                Place::Root
            }
        };
        Ok(())
    }

    fn charts(&mut self) -> Result<(), IndexError> {
        let key = match self.event()? {
            Event::MappingEnd => {
                self.place = Place::Root;
                return Ok(());
            }
            Event::Scalar(name, ..) => Some(name.into_owned()),
            other => {
                self.skip(&other)?;
                None
            }
        };
        self.place = match (self.event()?, key) {
            (Event::SequenceStart(..), Some(name)) => Place::Versions(name),
            (other, _) => {
                self.skip(&other)?;
                Place::Charts
            }
        };
        Ok(())
    }

    /// The fields of one entry, up to its end.
    fn fields(&mut self, entry: &mut IndexEntry) -> Result<(), IndexError> {
        loop {
            let key = match self.event()? {
                Event::MappingEnd => return Ok(()),
                key => key,
            };
            self.skip(&key)?;
            let value = self.event()?;
            let Event::Scalar(key, ..) = key else {
                self.skip(&value)?;
                continue;
            };
            match (key.as_ref(), value) {
                ("urls", Event::SequenceStart(..)) => self.urls(entry)?,
                (key, Event::Scalar(text, ..)) => entry.take(key, text.trim()),
                (_, other) => self.skip(&other)?,
            }
        }
    }

    fn urls(&mut self, entry: &mut IndexEntry) -> Result<(), IndexError> {
        loop {
            match self.event()? {
                Event::SequenceEnd => return Ok(()),
                Event::Scalar(url, ..) if entry.urls.len() < URLS => entry.urls.push(url.trim().to_owned()),
                other => self.skip(&other)?,
            }
        }
    }

    /// Passes over what an event starts.
    fn skip(&mut self, first: &Event<'static>) -> Result<(), IndexError> {
        let mut depth = depth_change(first);
        while depth > 0 {
            depth += depth_change(&self.event()?);
        }
        Ok(())
    }
}

fn depth_change(event: &Event<'_>) -> i64 {
    match event {
        Event::MappingStart(..) | Event::SequenceStart(..) => 1,
        Event::MappingEnd | Event::SequenceEnd => -1,
        _ => 0,
    }
}

impl IndexEntry {
    fn take(&mut self, key: &str, text: &str) {
        let some = || Some(text.to_owned()).filter(|text| !text.is_empty());
        match key {
            "version" => self.version = text.to_owned(),
            "appVersion" => self.app_version = some(),
            "description" => self.description = some(),
            "digest" => self.digest = some(),
            "created" => self.created = some(),
            "deprecated" => self.deprecated = text == "true",
            _ => {}
        }
    }
}

impl<R: Read + 'static> Iterator for IndexReader<R> {
    type Item = Result<IndexEntry, IndexError>;

    /// Nothing follows an error.
    fn next(&mut self) -> Option<Self::Item> {
        let step = self.step();
        if step.is_err() {
            self.place = Place::End;
        }
        step.transpose()
    }
}
