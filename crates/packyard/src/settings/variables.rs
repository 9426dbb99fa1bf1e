//! Variables that look like settings and are none: a typing error there would else pass for the default.

use clap::CommandFactory;
use std::collections::BTreeSet;

const PREFIX: &str = "PACKYARD_";

/// Read elsewhere than by a flag.
const WITHOUT_FLAG: [&str; 1] = ["PACKYARD_LIMITS"];

/// The names among `set` that nothing of this program reads, in order.
pub(crate) fn unknown(set: impl Iterator<Item = String>) -> Vec<String> {
    let mut known: BTreeSet<String> = WITHOUT_FLAG.iter().map(ToString::to_string).collect();
    collect(&crate::cli::Cli::command(), &mut known);
    let mut unknown: Vec<String> = set.filter(|name| is_meant(name) && !known.contains(name)).collect();
    unknown.sort();
    unknown
}

fn collect(command: &clap::Command, known: &mut BTreeSet<String>) {
    let variables = command.get_arguments().filter_map(clap::Arg::get_env);
    known.extend(variables.map(|name| name.to_string_lossy().into_owned()));
    command.get_subcommands().for_each(|verb| collect(verb, known));
}

/// Kubernetes sets `PACKYARD_PORT_7225_TCP` and its like in every pod beside a Service of the name `packyard`.
fn is_meant(name: &str) -> bool {
    let of_kubernetes = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT"];
    let name = format!("{name}_");
    name.starts_with(PREFIX) && !of_kubernetes.iter().any(|part| name.contains(&format!("{part}_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_reads_is_unknown() {
        let of = |names: &[&str]| unknown(names.iter().map(ToString::to_string));
        assert_eq!(of(&["PACKYARD_LISTENN", "PACKYARD_LIMIT", "HOME"]), ["PACKYARD_LIMIT", "PACKYARD_LISTENN"]);
        let known =
            ["PACKYARD_LISTEN", "PACKYARD_LIMITS", "PACKYARD_SECRET_KEY", "PACKYARD_SERVER", "PACKYARD_RETRIES"];
        assert_eq!(of(&known), [""; 0]);
        let of_kubernetes = [
            "PACKYARD_PORT",
            "PACKYARD_PORT_7225_TCP_ADDR",
            "PACKYARD_SERVICE_HOST",
            "PACKYARD_DATA_SERVICE_PORT_HTTP",
        ];
        assert_eq!(of(&of_kubernetes), [""; 0]);
    }
}
