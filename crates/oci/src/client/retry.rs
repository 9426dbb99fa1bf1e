//! Tries again what may work the next time: lost connections, 408, 429 and 5xx, with doubling waits and Retry-After.

use super::error::{ClientError, Hop};
use super::options::RetryOptions;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

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
    let spread = options.first_wait;
    if let Some(asked) = error.retry_after {
        // Never sooner than asked, and not all at the same moment.
        return (asked <= options.longest_retry_after).then(|| asked + spread.mul_f64(chance()));
    }
    let doubled = options.first_wait.saturating_mul(1 << tries.min(16)).min(options.longest_wait);
    Some(doubled.mul_f64(0.5 + chance() / 2.0))
}

/// A number from 0 to 1, so that many uploads that were refused together do not come back together. The keys of the
/// standard library's hash maps are random; no more is needed here.
fn chance() -> f64 {
    let random = RandomState::new().build_hasher().finish();
    f64::from(random as u32) / f64::from(u32::MAX)
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
        for (tries, longest) in [(0, options.first_wait), (1, options.first_wait * 2), (19, options.longest_wait)] {
            let found = wait(tries).unwrap();
            assert!(found >= longest / 2 && found <= longest, "{tries}: {found:?}");
        }
        let waits: std::collections::HashSet<_> = (0..20).map(|_| wait(3)).collect();
        assert!(waits.len() > 1, "they are not all the same: {waits:?}");
        assert_eq!(wait(20), None);
    }

    #[test]
    fn retry_after_is_kept_unless_it_is_too_long() {
        let options = RetryOptions::default();
        let asked = wait_before_next(&options, 0, &error(Hop::RateLimited, Some(429), Some(3))).unwrap();
        assert!(asked >= Duration::from_secs(3) && asked <= Duration::from_secs(3) + options.first_wait, "{asked:?}");
        assert_eq!(wait_before_next(&options, 0, &error(Hop::RateLimited, Some(429), Some(3600))), None);
    }

    #[test]
    fn what_will_not_change_is_not_tried_again() {
        use Hop as H;
        for hop in
            [H::Auth, H::Permission, H::Path, H::Tls, H::Dns, H::Content, H::Rejected, H::AddressPolicy, H::ProxyPolicy]
        {
            assert_eq!(wait_before_next(&RetryOptions::default(), 0, &error(hop, Some(400), None)), None, "{hop}");
        }
        assert_eq!(wait_before_next(&RetryOptions::default(), 0, &error(Hop::Server, Some(501), None)), None);
    }
}
