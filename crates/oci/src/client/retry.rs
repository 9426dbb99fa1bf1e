//! Tries again what may work the next time: lost connections, 408, 429 and 5xx, with doubling waits and Retry-After.

use super::error::{ClientError, Hop};
use super::options::RetryOptions;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Runs `attempt` until it succeeds, fails for good, or the tries are used up.
pub(crate) async fn with_retries<T, F, Fut>(options: &RetryOptions, mut attempt: F) -> Result<T, ClientError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, ClientError>>,
{
    let mut tries = 0;
    loop {
        let error = match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let Some(wait) = wait_before_next(options, tries, &error) else { return Err(error) };
        tries += 1;
        tracing::debug!(%error, wait_ms = wait.as_millis() as u64, tries, "trying again");
        tokio::time::sleep(wait).await;
    }
}

/// How long to wait before another try; `None` when there is none.
fn wait_before_next(options: &RetryOptions, tries: u32, error: &ClientError) -> Option<Duration> {
    let worth_it = match error.hop {
        Hop::Tcp | Hop::RateLimited => true,
        // Silence was already waited for: once more, not four times.
        Hop::Timeout => error.status == Some(408) || tries == 0,
        // 501 Not Implemented and 505 stay as they are.
        Hop::Server => !matches!(error.status, Some(501 | 505)),
        _ => false,
    };
    if !worth_it || tries >= options.retries {
        return None;
    }
    if let Some(asked) = error.retry_after {
        return (asked <= options.longest_retry_after).then_some(asked);
    }
    let doubled = options.first_wait.saturating_mul(1 << tries.min(16)).min(options.longest_wait);
    Some(doubled + jitter(doubled))
}

/// Up to a tenth of the wait, so that many clients do not come back at once.
fn jitter(wait: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.subsec_nanos());
    wait.mul_f64(f64::from(nanos % 1000) / 10_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(hop: Hop, status: Option<u16>, retry_after: Option<u64>) -> ClientError {
        let mut error = ClientError::new(hop, "x", "y");
        error.status = status;
        error.retry_after = retry_after.map(Duration::from_secs);
        error
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let options = RetryOptions::default();
        let wait = |tries| {
            wait_before_next(&RetryOptions { retries: 20, ..options }, tries, &error(Hop::Server, Some(503), None))
        };
        assert!(wait(0).unwrap() < wait(1).unwrap());
        assert!(wait(19).unwrap() <= options.longest_wait.mul_f64(1.1));
        assert_eq!(wait(20), None);
    }

    #[test]
    fn retry_after_is_kept_unless_it_is_too_long() {
        let options = RetryOptions::default();
        assert_eq!(
            wait_before_next(&options, 0, &error(Hop::RateLimited, Some(429), Some(3))),
            Some(Duration::from_secs(3))
        );
        assert_eq!(wait_before_next(&options, 0, &error(Hop::RateLimited, Some(429), Some(3600))), None);
    }

    #[test]
    fn what_will_not_change_is_not_tried_again() {
        for hop in
            [Hop::Auth, Hop::Permission, Hop::Path, Hop::Tls, Hop::Dns, Hop::Content, Hop::Rejected, Hop::AddressPolicy]
        {
            assert_eq!(wait_before_next(&RetryOptions::default(), 0, &error(hop, Some(400), None)), None, "{hop}");
        }
        assert_eq!(wait_before_next(&RetryOptions::default(), 0, &error(Hop::Server, Some(501), None)), None);
    }
}
