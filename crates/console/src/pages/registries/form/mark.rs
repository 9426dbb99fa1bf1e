//! How a field stands.

use std::fmt;

/// Attributes of a field that say how it stands.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Mark {
    pub(super) is_wrong: bool,
    pub(super) has_focus: bool,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_wrong { " aria-invalid=\"true\"" } else { "" })?;
        f.write_str(if self.has_focus { " autofocus" } else { "" })
    }
}

impl askama::filters::HtmlSafe for Mark {}
