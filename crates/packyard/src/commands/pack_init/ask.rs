//! The questions of `packyard pack init`. Asked on standard error, and only where a person is at a terminal; else what was
//! not given is what fits the source, and what nothing fits is an error that names the flag.

use super::args::AnswerArgs;
use crate::commands::WrongArguments;
use crate::printer::Printer;
use crate::terminal::line;
use anyhow::{Context, anyhow, bail};
use packyard_pack::Layer;
use packyard_pack::scaffold::{Answers, CLOUD_TYPES, InvalidAnswer};
use std::io::{BufRead, IsTerminal};

/// Every answer: given, asked, or what fits.
pub(super) async fn answers(
    mut fits: Answers,
    given: &AnswerArgs,
    may_ask: bool,
    printer: &Printer,
) -> anyhow::Result<Answers> {
    let asks = may_ask && std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let questions = Questions { asks, printer };
    if fits.name.is_empty() && given.name.is_none() && !asks {
        return Err(WrongArguments(anyhow!("the pack needs a name, and nothing suggests one: give --name")).into());
    }
    let named = fits.name.clone();
    fits.name = questions.ask("Name", &given.name, &fits, |answers| &mut answers.name, Answers::check_name).await?;
    if fits.name != named {
        fits.display_name = Answers::display_name_for(&fits.name);
        fits.namespace = Answers::namespace_for(&fits.name);
    }
    fits.display_name = questions
        .ask("Display name", &given.display_name, &fits, |answers| &mut answers.display_name, Answers::check)
        .await?;
    fits.version = questions
        .ask("Version", &given.pack_version, &fits, |answers| &mut answers.version, Answers::check_version)
        .await?;
    fits.layer = questions.layer(given.layer, fits.layer).await?;
    if fits.layer == Layer::Addon {
        fits.addon_type = questions
            .ask("Type of add-on", &given.addon_type, &fits, |answers| &mut answers.addon_type, Answers::check)
            .await?;
    } else if given.addon_type.is_some() {
        return Err(WrongArguments(anyhow!("--addon-type is for the layer addon, not {}", fits.layer)).into());
    }
    fits.cloud_types = questions.cloud_types(&given.cloud_types, &fits).await?;
    fits.namespace = questions
        .ask("Namespace", &given.namespace, &fits, |answers| &mut answers.namespace, Answers::check_namespace)
        .await?;
    for cloud in fits.cloud_types.iter().filter(|cloud| !CLOUD_TYPES.contains(&cloud.as_str())) {
        printer.warn(&format_args!("the cloud `{}` is not one that is known: {}", line(cloud), CLOUD_TYPES.join(", ")));
    }
    fits.check().map_err(wrong)?;
    Ok(fits)
}

/// An answer that was given by a flag and will not do.
fn wrong(why: InvalidAnswer) -> anyhow::Error {
    WrongArguments(anyhow!("--{}: {why}", why.field)).into()
}

struct Questions<'a> {
    asks: bool,
    printer: &'a Printer,
}

impl Questions<'_> {
    async fn ask(
        &self,
        question: &str,
        given: &Option<String>,
        fits: &Answers,
        place: impl Fn(&mut Answers) -> &mut String,
        check: impl Fn(&Answers) -> Result<(), InvalidAnswer>,
    ) -> anyhow::Result<String> {
        let with = |text: String| {
            let mut answers = fits.clone();
            *place(&mut answers) = text.trim().to_owned();
            check(&answers).map(|()| std::mem::take(place(&mut answers)))
        };
        let default = std::mem::take(place(&mut fits.clone()));
        if let Some(text) = given {
            return with(text.clone()).map_err(wrong);
        }
        if !self.asks {
            return with(default).map_err(wrong);
        }
        loop {
            match with(self.line(question, &default).await?) {
                Ok(answer) => return Ok(answer),
                Err(why) => self.again(&why)?,
            }
        }
    }

    async fn layer(&self, given: Option<Layer>, default: Layer) -> anyhow::Result<Layer> {
        if let Some(layer) = given.or((!self.asks).then_some(default)) {
            return Ok(layer);
        }
        loop {
            match self.line("Layer (kernel, os, k8s, cni, csi, addon)", default.as_str()).await?.parse() {
                Ok(layer) => return Ok(layer),
                Err(why) => self.again(&why)?,
            }
        }
    }

    async fn cloud_types(&self, given: &[String], fits: &Answers) -> anyhow::Result<Vec<String>> {
        let joined = (!given.is_empty()).then(|| given.join(","));
        let split = |text: &str| text.split(',').map(|cloud| cloud.trim().to_owned()).collect::<Vec<_>>();
        let check = |clouds: &[String]| Answers { cloud_types: clouds.to_vec(), ..fits.clone() }.check();
        if let Some(text) = joined.or_else(|| (!self.asks).then(|| fits.cloud_types.join(","))) {
            let clouds = split(&text);
            return check(&clouds).map(|()| clouds).map_err(wrong);
        }
        loop {
            let clouds = split(&self.line("Clouds, with commas between", &fits.cloud_types.join(",")).await?);
            match check(&clouds) {
                Ok(()) => return Ok(clouds),
                Err(why) => self.again(&why)?,
            }
        }
    }

    fn again(&self, why: &dyn std::fmt::Display) -> anyhow::Result<()> {
        self.printer.say(&format_args!("  {why}")).context("nobody can read the questions")
    }

    /// One line from the terminal; an empty one is the default.
    async fn line(&self, question: &str, default: &str) -> anyhow::Result<String> {
        let offered = if default.is_empty() { String::new() } else { format!(" [{}]", line(default)) };
        console::Term::stderr()
            .write_str(&format!("{question}{offered}: "))
            .context("could not ask at the terminal")?;
        let read = || {
            let mut text = String::new();
            std::io::stdin().lock().read_line(&mut text).map(|count| (count > 0).then_some(text))
        };
        let text = tokio::task::spawn_blocking(read).await.context("the reading of an answer crashed")?;
        let Some(text) = text.context("could not read from the terminal")? else {
            bail!("the answers ended before the last question; nothing was written");
        };
        let text = text.trim();
        Ok(if text.is_empty() { default.to_owned() } else { text.to_owned() })
    }
}
