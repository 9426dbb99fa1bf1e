//! When output is painted: as `--color` says, else as the terminal and the customs of the environment do
//! (<https://no-color.org>, <https://bixense.com/clicolors>).

use clap::ValueEnum;
use std::ffi::OsString;
use std::io::IsTerminal;

/// `--color`; spelled as everywhere on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

impl Colour {
    /// Whether what goes to `stream` is painted.
    pub(crate) fn paints(self, stream: &impl IsTerminal) -> bool {
        let variable = |name: &str| std::env::var_os(name);
        self.decide(stream.is_terminal(), variable)
    }

    fn decide(self, is_terminal: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
        let is = |name: &str, value: &str| variable(name).is_some_and(|set| set == value);
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if set("NO_COLOR") => false,
            Self::Auto if set("CLICOLOR_FORCE") && !is("CLICOLOR_FORCE", "0") => true,
            Self::Auto => is_terminal && !is("CLICOLOR", "0") && !is("TERM", "dumb"),
        }
    }

    /// For help and errors of the command line itself, which are printed before it is understood.
    pub(crate) fn in_words(words: &[String]) -> clap::ColorChoice {
        let after = |pair: &[String]| (pair[0] == "--color").then(|| pair[1].clone());
        let joined = words.iter().find_map(|word| word.strip_prefix("--color=").map(str::to_owned));
        match joined.or_else(|| words.windows(2).find_map(after)).as_deref() {
            Some("always") => clap::ColorChoice::Always,
            Some("never") => clap::ColorChoice::Never,
            _ => clap::ColorChoice::Auto,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(colour: Colour, is_terminal: bool, variables: &[(&str, &str)]) -> bool {
        let variable = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| value.into());
        colour.decide(is_terminal, variable)
    }

    #[test]
    fn the_flag_wins_then_the_environment_then_the_terminal() {
        assert!(painted(Colour::Auto, true, &[]) && !painted(Colour::Auto, false, &[]));
        assert!(painted(Colour::Auto, true, &[("NO_COLOR", "")]), "an empty NO_COLOR is none");
        for off in [("NO_COLOR", "1"), ("CLICOLOR", "0"), ("TERM", "dumb")] {
            assert!(!painted(Colour::Auto, true, &[off]), "{off:?}");
            assert!(painted(Colour::Always, false, &[off]), "{off:?}");
        }
        assert!(painted(Colour::Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!painted(Colour::Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!painted(Colour::Auto, true, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
        assert!(!painted(Colour::Never, true, &[("CLICOLOR_FORCE", "1")]));
    }

    #[test]
    fn the_flag_is_found_in_words_that_are_not_understood() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(Colour::in_words(&words("packyard --color never nonsense")), clap::ColorChoice::Never);
        assert_eq!(Colour::in_words(&words("packyard nonsense --color=always")), clap::ColorChoice::Always);
        assert_eq!(Colour::in_words(&words("packyard nonsense --color")), clap::ColorChoice::Auto);
    }
}
