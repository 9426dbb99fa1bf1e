//! What is under way, on standard error: bars where a person watches, all in one display; a line for each upload where
//! nobody does; nothing with `--quiet`, and beside a document for programs.

use crate::printer::Printer;
use crate::terminal::line;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use packyard_oci::client::Progress;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Clone)]
pub(crate) struct Transfers {
    bars: Option<MultiProgress>,
    lines: Option<Printer>,
}

/// One bar; gone when dropped.
pub(crate) struct Transfer {
    bar: Option<ProgressBar>,
}

impl Transfers {
    pub(crate) fn new(printer: &Printer) -> Self {
        let bars = printer.shows_progress().then(MultiProgress::new);
        let lines = (bars.is_none() && !printer.is_json()).then(|| printer.clone());
        Self { bars, lines }
    }

    pub(crate) fn start(&self, label: &str, bytes: u64) -> Transfer {
        if let Some(printer) = &self.lines {
            printer.note(&format_args!("uploading {}, {bytes} bytes", line(label)));
        }
        self.bar(&format!("uploading {label}"), bytes)
    }

    pub(crate) fn download(&self, label: &str, bytes: u64) -> Transfer {
        self.bar(&format!("reading {label}"), bytes)
    }

    /// So many things one after the other, or side by side.
    pub(crate) fn count(&self, doing: &str, things: usize) -> Transfer {
        let bar = self.drawn(ProgressBar::new(things as u64), "{msg} {wide_bar} {pos} of {len}");
        Transfer::labelled(bar, doing)
    }

    /// Work whose end is not known.
    pub(crate) fn spin(&self, doing: &str) -> Transfer {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Transfer::labelled(bar, doing)
    }

    /// Prints what must not be painted over.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    fn bar(&self, message: &str, bytes: u64) -> Transfer {
        let bar = self.drawn(ProgressBar::new(bytes), "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
        Transfer::labelled(bar, message)
    }

    fn drawn(&self, bar: ProgressBar, template: &str) -> Option<ProgressBar> {
        let bar = self.bars.as_ref()?.add(bar);
        // The template is a constant; where it could not be read the default bar is as good.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Some(bar)
    }
}

impl Transfer {
    fn labelled(bar: Option<ProgressBar>, label: &str) -> Self {
        if let Some(bar) = &bar {
            bar.set_message(line(label).into_owned());
        }
        Self { bar }
    }

    /// One more thing is done.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    pub(crate) fn progress(&self) -> Option<Progress> {
        let bar = self.bar.clone()?;
        Some(Arc::new(move |sent| bar.set_position(sent)))
    }

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
