//! `packyard man DIR`: the manual, made of the same texts as `--help`.

use crate::cli::Cli;
use crate::printer::Printer;
use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_mangen::Man;
use serde::Serialize;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder for the pages, which is made
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Serialize)]
struct Written {
    pages: Vec<PathBuf>,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = self.pages.first().and_then(|page| page.parent()).unwrap_or(Path::new("."));
        write!(f, "{} pages in {}", self.pages.len(), folder.display())
    }
}

pub(super) fn run(args: &ManArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    std::fs::create_dir_all(&args.dir).with_context(|| format!("could not make {}", args.dir.display()))?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    write_pages(&command, &args.dir, &mut pages)?;
    printer.emit(&Written { pages });
    Ok(ExitCode::SUCCESS)
}

/// The page of a command, then those of its verbs.
fn write_pages(command: &Command, folder: &Path, pages: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let man = Man::new(command.clone());
    let path = folder.join(man.get_filename());
    let mut page = Vec::new();
    let made = render(&man, command, &mut page).and_then(|()| std::fs::write(&path, &page));
    made.with_context(|| format!("could not write {}", path.display()))?;
    pages.push(path);
    command.get_subcommands().filter(|verb| !verb.is_hide_set()).try_for_each(|verb| write_pages(verb, folder, pages))
}

fn render(man: &Man, command: &Command, page: &mut Vec<u8>) -> io::Result<()> {
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    match command.get_after_help() {
        Some(help) => examples(&help.to_string(), page),
        None => Ok(()),
    }
}

/// The end of `--help`: examples, whose lines stay as they are, and what follows them.
fn examples(help: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let (examples, rest) = help.split_once("\n\n").unwrap_or((help, ""));
    writeln!(page, ".SH EXAMPLES\n.nf")?;
    for line in examples.lines().skip_while(|line| line.trim_end() == "Examples:") {
        writeln!(page, "{}", escaped(line.strip_prefix("  ").unwrap_or(line)))?;
    }
    writeln!(page, ".fi")?;
    for paragraph in rest.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        writeln!(page, ".PP")?;
        paragraph.lines().try_for_each(|line| writeln!(page, "{}", escaped(line)))?;
    }
    Ok(())
}

/// Text that roff takes for nothing else; a hyphen stays one when it is copied.
fn escaped(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_keep_their_lines() {
        let mut page = Vec::new();
        examples("Examples:\n  packyard x --y \\\n      z\n\n.packlint.toml in\na folder", &mut page).unwrap();
        let expected = ".SH EXAMPLES\n.nf\npackyard x \\-\\-y \\e\n    z\n.fi\n.PP\n\\&.packlint.toml in\na folder\n";
        assert_eq!(String::from_utf8(page).unwrap(), expected);
    }
}
