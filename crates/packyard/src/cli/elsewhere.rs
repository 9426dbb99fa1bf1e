//! A verb that was typed without its group (`packyard lint`), or by the name that other tools have for it.

use clap::error::{ContextKind, ContextValue};

/// What other tools call something of ours: after which of our groups (none: after `packyard` itself), what, and what is meant.
const OTHERWISE: &[(&str, &[&str], &str)] = &[
    ("", &["archive", "package"], "packyard pack build"),
    ("", &["push"], "packyard publish"),
    ("", &["run", "server", "start"], "packyard serve"),
    ("", &["version"], "packyard --version"),
    ("", &["check"], "packyard pack lint"),
    ("", &["apikey", "api-keys", "apikeys", "key", "keys", "token"], "packyard api-key"),
    ("", &["user", "users"], "packyard iam"),
    ("", &["whoami"], "packyard iam get-caller-identity"),
    ("pack", &["create", "new"], "packyard pack init"),
    ("pack", &["check", "validate", "verify"], "packyard pack lint"),
    ("pack", &["archive", "package"], "packyard pack build"),
    ("pack", &["push"], "packyard publish"),
    ("pack", &["download", "fetch", "get"], "packyard pack pull"),
    ("pack", &["describe", "info", "show", "view"], "packyard pack inspect"),
    ("pack", &["compare"], "packyard pack diff"),
    ("pack", &["cp", "mirror"], "packyard pack copy"),
    ("pack", &["find"], "packyard pack search"),
    ("registry", &["create", "new", "register"], "packyard registry add"),
    ("registry", &["delete", "rm", "unregister"], "packyard registry remove"),
    ("registry", &["change", "edit", "set"], "packyard registry update"),
    ("registry", &["check", "test"], "packyard registry validate"),
    ("registry", &["describe", "get", "info", "show"], "packyard registry status"),
    ("registry", &["logs", "runs"], "packyard registry history"),
    ("api-key", &["add", "make", "new"], "packyard api-key create"),
    ("api-key", &["remove", "revoke", "rm"], "packyard api-key delete"),
];

/// The error with the commands that were meant, instead of those whose names are spelled alike.
pub(super) fn advise(mut error: clap::Error, root: &clap::Command, words: &[String]) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidSubcommand) else { return error };
    let is_group = |word: &str| root.find_subcommand(word).is_some_and(clap::Command::has_subcommands);
    let group = words.iter().map(String::as_str).take_while(|word| word != typed).find(|word| is_group(word));
    let meant = meant(root, group.unwrap_or_default(), typed);
    if !meant.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(meant));
    }
    error
}

/// In its own group a word is not taken for a verb of another one.
fn meant(root: &clap::Command, group: &str, typed: &str) -> Vec<String> {
    let otherwise = |of: &str| {
        let known = OTHERWISE.iter().find(|(group, names, _)| *group == of && names.contains(&typed));
        known.map(|(.., meant)| (*meant).to_owned())
    };
    if !group.is_empty()
        && let Some(meant) = otherwise(group)
    {
        return vec![meant];
    }
    let mut found = Vec::new();
    walk(root, root.get_name(), typed, &mut found);
    found.extend(otherwise(""));
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
        let meant = |group: &str, typed: &str| meant(&crate::cli::Cli::command(), group, typed);
        assert_eq!(meant("", "lint"), ["packyard pack lint"]);
        assert_eq!(meant("", "pull"), ["packyard pack pull"]);
        assert_eq!(meant("", "list"), ["packyard pack list", "packyard registry list", "packyard api-key list"]);
        assert_eq!(meant("pack", "publish"), ["packyard publish"]);
        assert_eq!(meant("", "create-user"), ["packyard iam create-user"]);
        assert_eq!(meant("pack", "validate"), ["packyard pack lint"], "not that of registries");
        assert_eq!(meant("registry", "delete"), ["packyard registry remove"], "not that of API keys");
        assert_eq!(meant("", "validate"), ["packyard registry validate"]);
        assert_eq!(meant("registry", "push"), ["packyard publish"]);
        assert_eq!(meant("", "serv"), [""; 0], "spelling is clap's to mend");
    }

    /// Their names are ours to keep true.
    #[test]
    fn what_is_called_otherwise_leads_to_commands_that_exist() {
        let root = crate::cli::Cli::command();
        for (group, names, command) in OTHERWISE {
            let words: Vec<&str> = command.split(' ').skip(1).collect();
            let known = words.iter().try_fold(root.clone(), |command, word| {
                command.find_subcommand(word).cloned().or(word.starts_with("--").then_some(command))
            });
            assert!(known.is_some(), "{names:?}: {command}");
            let of_group = if group.is_empty() { Some(&root) } else { root.find_subcommand(group) };
            let of_group = of_group.unwrap_or_else(|| panic!("there is no group {group}"));
            assert!(names.iter().all(|name| of_group.find_subcommand(name).is_none()), "{group}: {names:?}");
        }
    }
}
