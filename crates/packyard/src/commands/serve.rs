//! `packyard serve`.

use crate::cli::GlobalArgs;
use crate::printer::Printer;
use crate::serve::{self, FirstLoginNote, Server};
use crate::settings::{LogFormat, ServeArgs, Settings, unknown_variables};
use std::process::ExitCode;

pub(super) async fn run(args: ServeArgs, global: &GlobalArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    // Before anything else: a stop that comes during the start is a stop too.
    let mut signals = StopSignals::listen()?;
    let settings = args.resolve()?;
    serve::init_telemetry(settings.log_format, global);
    let printer = &printer.logging(settings.log_format == LogFormat::Json);
    for variable in unknown_variables(std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned())) {
        tracing::warn!(variable, "no setting has this variable; `packyard serve --help` lists them");
    }
    let mut server = tokio::select! {
        started = serve::start(&settings, FirstLoginNote::write) => match started {
            Ok(server) => server,
            Err(error) if printer.logs() => return Ok(printer.fail(&error)),
            Err(error) => return Err(error),
        },
        signal = signals.next() => {
            printer.note(&format_args!("stopped by {signal} before it was ready"));
            return Ok(ExitCode::SUCCESS);
        }
    };
    FirstLoginNote::show(&server, printer);
    let also = server.https_url.as_ref().filter(|url| **url != server.public_url);
    printer.note(&format_args!(
        "packyard {} is ready: {}{}, listening on {}",
        env!("CARGO_PKG_VERSION"),
        server.public_url,
        also.map(|url| format!(" and {url}")).unwrap_or_default(),
        server.address
    ));
    tell_next(&server, &settings, printer);
    let signal = signals.next().await;
    tracing::info!(signal, "stopping");
    let code = drain(&mut server, &mut signals, printer).await;
    if code == ExitCode::SUCCESS {
        printer.note(&"stopped");
    }
    Ok(code)
}

/// What a person at a terminal wants to know next; elsewhere the log has a line of its own.
fn tell_next(server: &Server, settings: &Settings, printer: &Printer) {
    let data = settings.data.display();
    if printer.shows_progress() {
        printer.note(&format_args!("The data folder is {data}. Ctrl-C stops."));
        if server.first_login.is_none() {
            printer.note(&"Lost the password? Stop, and run `packyard admin reset-password`.");
        }
    } else {
        tracing::info!(address = %server.address, %data, "ready");
    }
}

/// Stops the server; whoever signals again does not want to wait.
pub(super) async fn drain(server: &mut Server, signals: &mut StopSignals, printer: &Printer) -> ExitCode {
    tokio::select! {
        () = server.stop() => ExitCode::SUCCESS,
        signal = signals.next() => {
            printer.note(&format_args!("stopped at once by a second {signal}; requests under way were cut off"));
            ExitCode::FAILURE
        }
    }
}

/// SIGTERM, SIGINT and SIGHUP (its terminal was closed), heard from the moment this is made.
pub(super) struct StopSignals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl StopSignals {
    #[cfg(unix)]
    pub(super) fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one and says which it was.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }

    #[cfg(not(unix))]
    pub(super) fn listen() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "interrupt"
    }
}
