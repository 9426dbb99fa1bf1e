//! A bar for each transfer, where a person watches.

use crate::printer::Printer;
use indicatif::{ProgressBar, ProgressStyle};
use packyard_oci::client::Progress;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(crate) struct Transfers {
    visible: bool,
}

/// One bar; gone when dropped.
pub(crate) struct Transfer {
    bar: Option<ProgressBar>,
}

impl Transfers {
    pub(crate) fn new(printer: &Printer) -> Self {
        Self { visible: printer.shows_progress() }
    }

    pub(crate) fn start(&self, label: &str, bytes: u64) -> Transfer {
        self.bar(&format!("uploading {label}"), bytes)
    }

    pub(crate) fn download(&self, label: &str, bytes: u64) -> Transfer {
        self.bar(&format!("reading {label}"), bytes)
    }

    /// Work whose end is not known.
    pub(crate) fn spin(&self, doing: &str) -> Transfer {
        let bar = self.visible.then(|| {
            let bar = ProgressBar::new_spinner().with_message(doing.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Transfer { bar }
    }

    fn bar(&self, message: &str, bytes: u64) -> Transfer {
        let bar = self.visible.then(|| {
            let bar = ProgressBar::new(bytes);
            // The template is a constant; where it could not be read the default bar is as good.
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}") {
                bar.set_style(style);
            }
            bar.set_message(message.to_owned());
            bar
        });
        Transfer { bar }
    }
}

impl Transfer {
    pub(crate) fn progress(&self) -> Option<Progress> {
        let bar = self.bar.clone()?;
        Some(Arc::new(move |sent| {
            if sent.restarted {
                bar.set_position(0);
            }
            bar.inc(sent.bytes);
        }))
    }
}

impl Transfer {
    /// To be called with the bytes of each read.
    pub(crate) fn reads(&self) -> impl Fn(u64) + Send + 'static {
        let bar = self.bar.clone();
        move |bytes| {
            if let Some(bar) = &bar {
                bar.inc(bytes);
            }
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
