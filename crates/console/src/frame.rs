//! What is around every page: main menu, top bar, theme, toast.

use crate::cookie;
use crate::scope::Scopes;
use http::HeaderMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Profiles,
    Packs,
    Activity,
    Registries,
    /// Users, roles and projects.
    Access,
    ApiKeys,
    /// No page of the menu, such as an unknown address.
    None,
}

/// `Auto` follows the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        cookie::read(headers, cookie::THEME).map_or(Self::Auto, |word| Self::parse(&word))
    }

    pub(crate) fn parse(word: &str) -> Self {
        match word {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What the switch turns to.
    pub(crate) fn other(self) -> Self {
        if self == Self::Dark { Self::Light } else { Self::Dark }
    }
}

/// What not everybody may see, and so not everybody's menu has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Menu {
    pub(crate) has_activity: bool,
    pub(crate) has_api_keys: bool,
    /// The first page of users, roles and projects that the visitor may see.
    pub(crate) access: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) section: Section,
    /// The pages above this one, as name and address.
    pub(crate) trail: Vec<(String, String)>,
    pub(crate) csrf: String,
    pub(crate) user: String,
    pub(crate) identity: String,
    pub(crate) theme: Theme,
    pub(crate) toast: Option<String>,
    /// What stands in the search field.
    pub(crate) query: String,
    pub(crate) menu: Menu,
    pub(crate) scopes: Scopes,
    /// Whether the top bar has one; a page may have its own.
    pub(crate) has_search: bool,
}

impl Frame {
    pub(crate) fn under(mut self, name: impl Into<String>, address: impl Into<String>) -> Self {
        self.trail.push((name.into(), address.into()));
        self
    }

    /// As tabs and bookmarks of a browser show it: what belongs to something names it.
    pub(crate) fn window_title(&self) -> String {
        let above = self.trail.iter().skip(1).rev().map(|(name, _)| name.as_str());
        std::iter::once(self.title.as_str()).chain(above).collect::<Vec<_>>().join(" · ")
    }

    pub(crate) fn is_in(&self, section: Section) -> bool {
        self.section == section
    }
}
