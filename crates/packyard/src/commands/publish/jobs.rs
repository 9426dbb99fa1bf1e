//! Work side by side, and the end of it when a person or a system says so.

use futures_util::future::{FutureExt, Shared};
use futures_util::{StreamExt, stream};
use std::future::Future;
use std::pin::Pin;

/// Done when the process is told to stop (SIGINT, SIGTERM).
pub(super) type Stop = Shared<Pin<Box<dyn Future<Output = ()> + Send>>>;

pub(super) fn stop() -> Stop {
    let stop: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(told_to_stop());
    stop.shared()
}

/// Does `work` for each item, at most `jobs` at a time. The results have the items' order; those of items that a stop left
/// undone are missing, and what was under way is dropped.
pub(super) async fn side_by_side<'a, T, R, Work, Doing>(
    items: &'a [T],
    jobs: usize,
    stop: &Stop,
    work: Work,
) -> Vec<Option<R>>
where
    Work: Fn(&'a T) -> Doing,
    Doing: Future<Output = R>,
{
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let under_way = items.iter().enumerate().map(|(at, item)| work(item).map(move |result| (at, result)));
    let mut done = stream::iter(under_way).buffer_unordered(jobs).take_until(stop.clone());
    while let Some((at, result)) = done.next().await {
        results[at] = Some(result);
    }
    results
}

/// The same for one piece of work, such as a login.
pub(super) async fn unless_stopped<T>(stop: &Stop, doing: impl Future<Output = T>) -> anyhow::Result<T> {
    tokio::select! {
        biased;
        () = stop.clone() => Err(anyhow::anyhow!("it was interrupted")),
        done = doing => Ok(done),
    }
}

/// Whether the process was told to stop, as far as anybody has looked.
pub(super) fn is_stopped(stop: &Stop) -> bool {
    stop.peek().is_some()
}

async fn told_to_stop() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = interrupted => {}
        () = terminated() => {}
    }
}

#[cfg(unix)]
async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn results_keep_their_order_and_no_more_than_so_many_run() {
        let never: Stop = std::future::pending().boxed().shared();
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items: Vec<usize> = (0..20).collect();
        let results = side_by_side(&items, 3, &never, async |item| {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Later ones are done first.
            for _ in *item..20 {
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::SeqCst);
            *item
        });
        assert_eq!(results.await, items.iter().copied().map(Some).collect::<Vec<_>>());
        assert_eq!(most.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn a_stop_leaves_the_rest_undone() {
        let stopped: Stop = std::future::ready(()).boxed().shared();
        let results = side_by_side(&[1, 2], 1, &stopped, async |item| *item).await;
        assert_eq!(results, [None, None]);
        assert!(is_stopped(&stopped));
        let login = unless_stopped(&stopped, std::future::pending::<()>()).await;
        assert_eq!(login.unwrap_err().to_string(), "it was interrupted");
    }
}
