//! A verb that was typed without its group (`packyard lint`), or by the name that other tools have for it.

use clap::error::{ContextKind, ContextValue};

/// What other tools call something of ours.
const OTHERWISE: &[(&str, &str)] = &[
    ("archive", "packyard pack build"),
    ("package", "packyard pack build"),
    ("push", "packyard publish"),
    ("run", "packyard serve"),
    ("server", "packyard serve"),
    ("start", "packyard serve"),
    ("version", "packyard --version"),
];

/// The error with the commands that were meant, instead of those whose names are spelled alike.
pub(super) fn advise(mut error: clap::Error, root: &clap::Command) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let meant = meant(root, typed);
    if !meant.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(meant));
    }
    error
}

fn meant(root: &clap::Command, typed: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(root, root.get_name(), typed, &mut found);
    found.extend(OTHERWISE.iter().filter(|(name, _)| *name == typed).map(|(_, meant)| (*meant).to_owned()));
    found
}

fn walk(command: &clap::Command, path: &str, typed: &str, found: &mut Vec<String>) {
    for verb in command.get_subcommands() {
        let path = format!("{path} {}", verb.get_name());
        walk(verb, &path, typed, found);
        if verb.get_name() == typed {
            found.push(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_verb_is_found_in_whichever_group_it_is() {
        let meant = |typed: &str| meant(&crate::cli::Cli::command(), typed);
        assert_eq!(meant("lint"), ["packyard pack lint"]);
        assert_eq!(meant("pull"), ["packyard pack pull"]);
        assert_eq!(meant("list"), ["packyard pack list", "packyard registry list"]);
        assert_eq!(meant("publish"), ["packyard publish"], "as typed after `packyard pack`");
        assert_eq!(meant("create-user"), ["packyard iam create-user"]);
        assert_eq!(meant("serv"), [""; 0], "spelling is clap's to mend");
    }

    /// Their names are ours to keep true.
    #[test]
    fn what_is_called_otherwise_leads_to_commands_that_exist() {
        for (name, command) in OTHERWISE {
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            let known = words.iter().try_fold(crate::cli::Cli::command(), |command, word| {
                command.find_subcommand(word).cloned().or(word.starts_with("--").then_some(command))
            });
            assert!(known.is_some(), "{name}: {command}");
        }
    }
}
