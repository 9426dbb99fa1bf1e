//! What the server answered, counted for `/metrics`: by door, by class of status, and by the time until the answer began.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{Method, StatusCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Who is asked, as the picture in ARCHITECTURE.md has it.
pub(super) const DOORS: [&str; 4] = ["aws", "registry", "api", "console"];
/// First digits of the status codes that are counted apart.
pub(super) const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];
/// Upper ends of the buckets; what takes longer is only in the count of all.
pub(super) const BUCKETS: [(Duration, &str); 6] = [
    (Duration::from_millis(5), "0.005"),
    (Duration::from_millis(25), "0.025"),
    (Duration::from_millis(100), "0.1"),
    (Duration::from_millis(500), "0.5"),
    (Duration::from_secs(2), "2"),
    (Duration::from_secs(10), "10"),
];

/// The counts since the start. Cheap to clone; clones count together.
#[derive(Clone, Default)]
pub(super) struct Traffic(Arc<[Counts; DOORS.len()]>);

#[derive(Default)]
pub(super) struct Counts {
    pub(super) answers: [AtomicU64; CLASSES.len()],
    /// Answers that took at most so long, without those of the buckets before.
    pub(super) buckets: [AtomicU64; BUCKETS.len()],
    pub(super) all: AtomicU64,
    /// Their times together.
    pub(super) microseconds: AtomicU64,
}

impl Traffic {
    pub(super) fn doors(&self) -> impl Iterator<Item = (&'static str, &Counts)> {
        DOORS.into_iter().zip(self.0.iter())
    }

    fn note(&self, door: usize, status: StatusCode, took: Duration) {
        let counts = &self.0[door];
        let add =
            |counter: Option<&AtomicU64>, number| counter.map(|counter| counter.fetch_add(number, Ordering::Relaxed));
        add(usize::from(status.as_u16() / 100).checked_sub(2).and_then(|class| counts.answers.get(class)), 1);
        let bucket = BUCKETS.iter().position(|(end, _)| took <= *end);
        add(bucket.and_then(|bucket| counts.buckets.get(bucket)), 1);
        add(Some(&counts.all), 1);
        add(Some(&counts.microseconds), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }
}

/// For the router: counts every request but those of the operators themselves.
pub(super) async fn count(State(traffic): State<Traffic>, request: Request, next: Next) -> Response {
    let Some(door) = door(request.method(), request.uri().path()) else { return next.run(request).await };
    let begun = Instant::now();
    let response = next.run(request).await;
    traffic.note(door, response.status(), begun.elapsed());
    response
}

/// The index in [`DOORS`].
fn door(method: &Method, path: &str) -> Option<usize> {
    let first = path.split('/').nth(1).unwrap_or_default();
    match first {
        "healthz" | "readyz" | "metrics" => None,
        "v2" | "_layers" => Some(1),
        "v1" | "api" => Some(2),
        "" if method == Method::POST => Some(0),
        _ => Some(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_by_its_shape() {
        let name = |method: Method, path: &str| door(&method, path).map(|door| DOORS[door]);
        for (path, expected) in [
            ("/v2/", Some("registry")),
            ("/v2/a/manifests/1", Some("registry")),
            ("/v1/packs", Some("api")),
            ("/", Some("console")),
            ("/packs/1", Some("console")),
            ("/v20", Some("console")),
            ("/healthz", None),
            ("/metrics", None),
        ] {
            assert_eq!(name(Method::GET, path), expected, "{path}");
        }
        assert_eq!(name(Method::POST, "/"), Some("aws"));
    }

    #[test]
    fn answers_are_counted_by_class_and_time() {
        let traffic = Traffic::default();
        for (status, ms) in [(200, 1), (201, 30), (404, 30), (502, 60_000), (101, 1)] {
            traffic.note(1, StatusCode::from_u16(status).unwrap(), Duration::from_millis(ms));
        }
        let counts = &traffic.0[1];
        let read = |counters: &[AtomicU64]| counters.iter().map(|c| c.load(Ordering::Relaxed)).collect::<Vec<_>>();
        assert_eq!(read(&counts.answers), [2, 0, 1, 1]);
        assert_eq!(read(&counts.buckets), [2, 0, 2, 0, 0, 0]);
        assert_eq!(counts.all.load(Ordering::Relaxed), 5);
        assert_eq!(counts.microseconds.load(Ordering::Relaxed), 60_062_000);
        assert_eq!(read(&traffic.0[0].answers), [0; 4]);
    }
}
