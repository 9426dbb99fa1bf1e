//! The question before something is done for good.

/// A question that names the object and what follows from a yes.
pub(crate) struct Dialog {
    pub(crate) title: String,
    pub(crate) consequences: Vec<String>,
    pub(crate) links: Vec<(String, String)>,
    pub(crate) action: String,
    pub(crate) back: String,
    pub(crate) csrf: String,
    /// Empty where it cannot be done; the consequences say why.
    pub(crate) verb: &'static str,
}

impl Dialog {
    pub(crate) fn icon(&self) -> &'static str {
        if self.verb.starts_with("Delete") { "trash" } else { "alert" }
    }
}
