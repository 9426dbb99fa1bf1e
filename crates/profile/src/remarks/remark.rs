use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// Where in the profile, or in its layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemarkPlace {
    /// The layer, or the profile, as a whole.
    Whole,
    /// A line of the layer's values, from 1.
    Values(usize),
    /// A line of a manifest of the layer.
    Manifest(String, usize),
}

/// `line 7 of the values`; nothing where it is the whole.
impl fmt::Display for RemarkPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Values(line) => write!(f, "line {line} of the values"),
            Self::Manifest(manifest, line) => write!(f, "line {line} of manifest {manifest}"),
        }
    }
}

/// Something about a profile that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    pub severity: Severity,
    /// For programs; the message is for people.
    pub code: &'static str,
    /// From 0, with the name the profile has for it.
    pub layer: Option<(usize, String)>,
    pub place: RemarkPlace,
    pub message: String,
}

impl Remark {
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, layer: None, place: RemarkPlace::Whole, message: message.into() }
    }

    pub(crate) fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    pub(crate) fn at_layer(mut self, at: usize, name: &str) -> Self {
        self.layer = Some((at, name.to_owned()));
        self
    }

    pub(crate) fn at(mut self, place: RemarkPlace) -> Self {
        self.place = place;
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `layer 2 (vault), line 7 of the values: ...`.
impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((at, name)) = &self.layer {
            write!(f, "layer {} ({name})", at + 1)?;
            if self.place != RemarkPlace::Whole {
                write!(f, ", {}", self.place)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)
    }
}
