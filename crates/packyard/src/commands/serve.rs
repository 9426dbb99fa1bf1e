//! `packyard serve`.

use crate::cli::GlobalArgs;
use crate::printer::Printer;
use crate::serve::{self, FirstLoginNote};
use crate::settings::ServeArgs;
use std::pin::pin;
use std::process::ExitCode;

pub(super) async fn run(args: ServeArgs, global: &GlobalArgs, printer: &Printer) -> anyhow::Result<ExitCode> {
    let settings = args.resolve()?;
    serve::init_telemetry(settings.log_format, global.verbose, global.quiet);
    let mut signal = pin!(stop_signal());
    // The signals are listened to before anybody is told that there is something to stop.
    let server = tokio::select! {
        biased;
        stopped = &mut signal => return stopped.map(|_| ExitCode::SUCCESS),
        server = serve::start(&settings) => server?,
    };
    if let Some(login) = &server.first_login {
        let note = FirstLoginNote { login, url: &server.public_url };
        printer.note(&note.show(&settings.data)?);
    }
    let also = server.https_url.as_ref().map(|url| format!(" and {url}")).unwrap_or_default();
    printer.note(&format_args!(
        "packyard {} is ready: {}{also}, listening on {}",
        env!("CARGO_PKG_VERSION"),
        server.public_url,
        server.address
    ));
    tracing::info!(address = %server.address, data = %settings.data.display(), "ready");
    let signal = signal.await?;
    tracing::info!(signal, "stopping");
    server.stop().await;
    printer.note(&"stopped");
    Ok(ExitCode::SUCCESS)
}

/// Waits for SIGTERM or SIGINT and says which came.
pub(super) async fn stop_signal() -> anyhow::Result<&'static str> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            interrupted = tokio::signal::ctrl_c() => { interrupted?; "SIGINT" }
        })
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await?;
        Ok("interrupt")
    }
}
