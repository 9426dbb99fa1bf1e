use crate::cli::Cli;
use crate::printer::Printer;
use clap::CommandFactory;
use clap_complete::Shell;

pub(super) fn run(shell: Shell, printer: &Printer) {
    // Made whole first: the generator panics where it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "packyard", &mut script);
    printer.bytes(&script);
}
