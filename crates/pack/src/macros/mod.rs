//! Macros in values and manifests: `{{.spectro.system.cluster.name}}`, `{{ .spectro.var.zone | default "a" | upper }}`.
//! palette.md section 1.9. They are resolved when a cluster is deployed; here they are found, read and checked by name.
//!
//! A text holds other templates too (Helm's `{{ .Values.x }}`): an action that names nothing of `.spectro` is no macro.

mod action;
mod functions;

use crate::yaml::Mark;

pub use action::{Argument, Call};
pub use functions::FUNCTIONS;

/// What every macro starts with, behind braces and blanks.
const ROOT: &str = ".spectro.";

/// The macros that Palette itself defines, below `.spectro.system.`.
pub const SYSTEM: &[&str] = &[
    "user.name",
    "user.uid",
    "user.email",
    "tenant.uid",
    "project.name",
    "project.uid",
    "clusterprofile.name",
    "clusterprofile.uid",
    "clusterprofile.version",
    "clusterprofile.infra.name",
    "clusterprofile.infra.uid",
    "clusterprofile.infra.version",
    "cluster.name",
    "cluster.uid",
    "cluster.kubevip",
    "cloudaccount.name",
    "cloudaccount.uid",
    "cloud.type",
    "cloud.region",
    "kubernetes.version",
    "reverseproxy.server",
    "reverseproxy.port",
    "reverseproxy.protocol",
    "reverseproxy.vhostport",
];

/// One `{{ ... }}` that names something of `.spectro`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Macro {
    /// With its braces, as written.
    pub text: String,
    /// Where its braces open.
    pub mark: Mark,
    /// In a comment of YAML, where it has no effect.
    pub in_comment: bool,
    pub references: Vec<Reference>,
    /// The stages between the pipes, first to last.
    pub pipeline: Vec<Call>,
}

/// One name of `.spectro` in a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub scope: Scope,
    /// What follows the scope: `cluster.name`, `my-pack.charts.x.port`, `zone`.
    pub path: String,
    pub mark: Mark,
}

/// Who defines what is referred to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Palette.
    System,
    /// Another pack of the same profile; the path starts with its name.
    Pack,
    /// The profile's variables.
    Var,
    /// The macros of the project or the tenant.
    Macro,
    Unknown(String),
}

/// A macro whose braces do not close or do not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unbalanced {
    pub mark: Mark,
    pub problem: &'static str,
    pub in_comment: bool,
}

/// The macros of a text, and what nearly is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    pub macros: Vec<Macro>,
    pub unbalanced: Vec<Unbalanced>,
}

/// The names that are defined. None: not known here, so nothing is undefined.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub packs: Option<&'a [&'a str]>,
    pub variables: Option<&'a [&'a str]>,
    pub macros: Option<&'a [&'a str]>,
}

impl Macro {
    /// The functions it calls, in order.
    pub fn functions(&self) -> Vec<&str> {
        let mut out = Vec::new();
        functions_of(&self.pipeline, &mut out);
        out
    }
}

fn functions_of<'a>(calls: &'a [Call], out: &mut Vec<&'a str>) {
    for call in calls {
        out.extend(Some(call.function.as_str()).filter(|name| !name.is_empty()));
        for argument in &call.arguments {
            if let Argument::Pipeline(calls) = argument {
                functions_of(calls, out);
            }
        }
    }
}

impl Reference {
    /// The name that must be defined: a pack's name may hold dots, so the longest known one counts.
    pub fn name<'a>(&'a self, packs: &[&str]) -> &'a str {
        let first = || self.path.split('.').next().unwrap_or_default();
        match self.scope {
            Scope::Pack => {
                let begins = |name: &&&str| {
                    self.path.strip_prefix(**name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                packs
                    .iter()
                    .filter(begins)
                    .max_by_key(|name| name.len())
                    .map_or_else(first, |name| &self.path[..name.len()])
            }
            // A variable has no parts: what follows a dot is no part of its name.
            Scope::Var => first(),
            _ => &self.path,
        }
    }

    /// Why no name like this can be defined, whatever is.
    pub fn problem(&self) -> Option<&'static str> {
        let parts = self.path.split('.').count();
        match self.scope {
            Scope::System | Scope::Unknown(_) => None,
            _ if self.path.split('.').any(str::is_empty) => Some("a name is missing"),
            Scope::Pack if parts < 2 => Some("the path of a value is missing behind the pack's name"),
            Scope::Var if parts > 1 => Some("a variable has no parts"),
            _ => None,
        }
    }

    pub(crate) fn is_defined(&self, known: &Known<'_>) -> bool {
        if self.problem().is_some() {
            return false;
        }
        let among = |names: Option<&[&str]>| names.is_none_or(|names| names.contains(&self.name(names)));
        match self.scope {
            Scope::System => SYSTEM.contains(&self.path.as_str()),
            Scope::Pack => among(known.packs),
            Scope::Var => among(known.variables),
            Scope::Macro => among(known.macros),
            Scope::Unknown(_) => false,
        }
    }
}

/// The references that nothing defines.
pub fn undefined<'a>(macros: &'a [Macro], known: &Known<'_>) -> Vec<&'a Reference> {
    macros.iter().flat_map(|found| &found.references).filter(|reference| !reference.is_defined(known)).collect()
}

/// Finds the macros of a text. An action ends on its line, as YAML's scalars with macros do.
pub fn find(text: &str) -> Found {
    let mut found = Found::default();
    for (index, line) in text.lines().enumerate() {
        if line.contains(ROOT) {
            line_of(line, index + 1, &mut found);
        }
    }
    found
}

fn line_of(line: &str, number: usize, found: &mut Found) {
    let mark = |at: usize| Mark { line: number, column: line[..at].chars().count() + 1 };
    let in_comment = |at: usize| is_comment(&line[..at]);
    let mut stray = |at: usize, problem| {
        found.unbalanced.push(Unbalanced { mark: mark(at), problem, in_comment: in_comment(at) });
    };
    let mut at = 0;
    while let Some(open) = line[at..].find("{{").map(|open| at + open) {
        if let Some(start) = half_open(&line[at..open]) {
            stray(at + start, "its braces do not open");
        }
        // `{{{` opens with its last two braces: the first is text.
        let open = open + line[open + 2..].len() - line[open + 2..].trim_start_matches('{').len();
        let Some(length) = action::length(&line[open..]) else {
            if root_in(&line[open..]).is_some() {
                stray(open, "its braces do not close");
            }
            return;
        };
        let action = &line[open..open + length];
        let (references, pipeline) = if action.contains(ROOT) { action::parse(action) } else { Default::default() };
        if !references.is_empty() {
            let references = references
                .into_iter()
                .map(|(offset, scope, path)| Reference { scope, path, mark: mark(open + offset) })
                .collect();
            let text = action.to_owned();
            found.macros.push(Macro { text, mark: mark(open), in_comment: in_comment(open), references, pipeline });
        }
        at = open + length;
    }
    if let Some(start) = half_open(&line[at..]) {
        stray(at + start, "its braces do not open");
    }
}

/// Where `.spectro.` stands that is no part of a longer name.
fn root_in(text: &str) -> Option<usize> {
    let joined = |at: usize| text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | ')' | ']'));
    text.match_indices(ROOT).map(|(at, _)| at).find(|at| !joined(*at))
}

/// Text outside of actions that names a macro and closes braces, or opens one.
fn half_open(text: &str) -> Option<usize> {
    let name = root_in(text)?;
    let before = text[..name].trim_end();
    (before.ends_with('{') || text[name..].contains("}}")).then_some(name)
}

/// Whether what follows stands in a comment: behind a `#` at the start or after a blank, outside of quotes.
fn is_comment(before: &str) -> bool {
    let mut quote = None;
    let mut last = ' ';
    for c in before.chars() {
        match (quote, c) {
            (None, '#') if last.is_whitespace() => return true,
            (None, '"' | '\'') if last.is_whitespace() || matches!(last, '[' | '{' | ',' | ':') => quote = Some(c),
            (Some(open), c) if c == open && last != '\\' => quote = None,
            _ => {}
        }
        last = c;
    }
    false
}

#[cfg(test)]
mod tests;
