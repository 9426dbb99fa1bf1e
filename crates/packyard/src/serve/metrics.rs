//! The text of `/metrics`, in the format of Prometheus: what an operator draws and alerts on.

use super::traffic::{BUCKETS, CLASSES, Traffic};
use packyard_store::RegistryRow;
use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is known at the moment of asking.
pub(super) struct Moment<'a> {
    pub(super) uptime: Duration,
    pub(super) resident_bytes: Option<u64>,
    pub(super) traffic: &'a Traffic,
    pub(super) registries: &'a [RegistryRow],
}

impl Moment<'_> {
    pub(super) fn text(&self) -> String {
        let mut text = Text::default();
        text.family("packyard_build_info", "gauge", "The version that runs.");
        text.sample("packyard_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        text.family("packyard_uptime_seconds", "counter", "Seconds since the start.");
        text.sample("packyard_uptime_seconds", &[], self.uptime.as_secs());
        if let Some(bytes) = self.resident_bytes {
            text.family("process_resident_memory_bytes", "gauge", "Memory in use.");
            text.sample("process_resident_memory_bytes", &[], bytes);
        }
        self.requests(&mut text);
        self.syncs(&mut text);
        text.0
    }

    fn requests(&self, text: &mut Text) {
        let name = "packyard_requests_total";
        text.family(name, "counter", "Requests answered, by door and class of status.");
        for (door, counts) in self.traffic.doors() {
            for (class, answers) in CLASSES.iter().zip(&counts.answers) {
                text.sample(name, &[("door", door), ("status", class)], load(answers));
            }
        }
        let name = "packyard_request_duration_seconds";
        text.family(name, "histogram", "Time until the answer began, by door.");
        for (door, counts) in self.traffic.doors() {
            let mut below = 0;
            for ((_, end), bucket) in BUCKETS.iter().zip(&counts.buckets) {
                below += load(bucket);
                text.sample(&format!("{name}_bucket"), &[("door", door), ("le", end)], below);
            }
            let all = load(&counts.all);
            text.sample(&format!("{name}_bucket"), &[("door", door), ("le", "+Inf")], all);
            #[expect(clippy::cast_precision_loss, reason = "a sum of times need not be exact to the microsecond")]
            let seconds = load(&counts.microseconds) as f64 / 1e6;
            text.sample(&format!("{name}_sum"), &[("door", door)], seconds);
            text.sample(&format!("{name}_count"), &[("door", door)], all);
        }
    }

    fn syncs(&self, text: &mut Text) {
        let name = "packyard_sync_failed";
        text.family(name, "gauge", "1 where the last sync of a registered registry failed.");
        for row in self.registries {
            text.sample(name, &[("registry", &row.name)], u8::from(row.status == "Failed"));
        }
        let name = "packyard_sync_last_success_timestamp_seconds";
        text.family(name, "gauge", "When a registered registry was last synchronised.");
        for row in self.registries {
            if let Some(at) = row.last_synced {
                text.sample(name, &[("registry", &row.name)], at / 1000);
            }
        }
    }
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<String> = labels.iter().map(|(key, text)| format!("{key}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_end_early() {
        let mut text = Text::default();
        text.sample("a", &[("registry", "x\"y\\z\n")], 1);
        assert_eq!(text.0, "a{registry=\"x\\\"y\\\\z\\n\"} 1\n");
    }
}
