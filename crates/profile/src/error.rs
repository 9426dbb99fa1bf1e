use std::fmt;

/// Something that is wrong with what the caller gave; `field` is where a form shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub field: &'static str,
    pub message: String,
}

impl Problem {
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    #[error("cluster profile {0} was not found")]
    ProfileNotFound(String),
    /// The uid is of the profile whose history was asked.
    #[error("cluster profile {0} has no such state in its history; only the newest are kept")]
    StateNotFound(String),
    #[error("project {0} was not found")]
    ProjectNotFound(String),
    #[error("cluster profile {name} already has a version {version} in this scope. Choose another name or version")]
    ProfileExists { name: String, version: String },
    #[error("a project named {0} already exists")]
    ProjectExists(String),
    /// Everything that an import cannot do without.
    #[error("{}", incomplete(.0))]
    ImportIncomplete(Vec<crate::Missing>),
    /// Names, separated by commas.
    #[error("macro {0} is there already. Change its value with PUT or PATCH, or choose another name")]
    MacroClash(String),
    #[error("macro {0} was not found")]
    MacroNotFound(String),
    #[error("{0}")]
    Invalid(Problem),
    /// Every undefined variable at once, as `(pack, variable)`.
    #[error("{}", undefined(.0))]
    VariablesUndefined(Vec<(String, String)>),
    /// Everything that keeps a profile from being published.
    #[error("{}", refused(.0))]
    Unfit(Vec<crate::Remark>),
    /// Somebody else saved it since it was seen; see [`Profiles::at`](crate::Profiles::at).
    #[error("cluster profile {name} {version} was changed meanwhile. Look at it and try again")]
    Overtaken { name: String, version: String },
    #[error("{0}")]
    Conflict(String),
    /// Text is complete by itself, as AWS would say it.
    #[error("{0}")]
    Denied(packyard_access::Denied),
    #[error("the catalogue could not be asked for a pack: {0}")]
    Catalog(#[source] packyard_catalog::Error),
    #[error("the store failed")]
    Store(#[source] packyard_store::Error),
}

impl Error {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid(Problem::new(field, message))
    }
}

fn undefined(found: &[(String, String)]) -> String {
    let list: Vec<String> = found.iter().map(|(pack, variable)| format!("{variable} (in pack {pack})")).collect();
    format!(
        "pack values use profile variables that are not defined: {}. Define them, or remove their use",
        list.join(", ")
    )
}

fn incomplete(missing: &[crate::Missing]) -> String {
    let list: Vec<String> = missing.iter().map(|one| format!("{} ({})", one.what, one.hint)).collect();
    format!("the profile was not imported, since these are not here: {}", list.join("; "))
}

fn refused(remarks: &[crate::Remark]) -> String {
    let errors = remarks.iter().filter(|remark| remark.is_error());
    let list: Vec<String> = errors.map(|remark| remark.to_string()).collect();
    format!("the profile cannot be published: {}", list.join("; "))
}
