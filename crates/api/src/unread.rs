//! Hears a request out, also when it was answered before its end: a body that is too large, a credential that does not
//! count.
//!
//! A server that answers and closes while its client still sends makes the client see a broken connection instead of
//! the reply, and Palette's clients try that again for an hour. What is still to come is thrown away, within bounds.

use axum::body::{Body, BodyDataStream, HttpBody};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use futures_util::stream::poll_fn;
use http::header;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Far beyond what anybody sends by mistake; who sends more may see a broken connection.
const BYTES: usize = 256 << 20;
const TIME: Duration = Duration::from_secs(10);

struct Shared {
    stream: BodyDataStream,
    was_read: bool,
    has_ended: bool,
}

pub(crate) async fn heard_out(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // Who asks before sending has sent nothing yet, and need not when the answer is no.
    let asks_first = request.headers().contains_key(header::EXPECT);
    let (parts, body) = request.into_parts();
    let shared = Shared { stream: body.into_data_stream(), was_read: false, has_ended: false };
    let shared = Arc::new(Mutex::new(shared));
    let response = next.run(Request::from_parts(parts, Body::from_stream(frames(shared.clone())))).await;
    let (was_read, has_ended) = {
        let shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        (shared.was_read, shared.has_ended)
    };
    if !has_ended && (was_read || !asks_first) {
        // Beside the reply, which nobody has to wait for.
        tokio::spawn(tokio::time::timeout(TIME, drain(shared)));
    }
    response
}

/// The rest of the body, wherever it was left.
fn frames(shared: Arc<Mutex<Shared>>) -> impl futures_util::Stream<Item = Result<axum::body::Bytes, axum::Error>> {
    poll_fn(move |context| {
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.was_read = true;
        let next = shared.stream.poll_next_unpin(context);
        shared.has_ended |= matches!(next, std::task::Poll::Ready(None | Some(Err(_))));
        next
    })
}

async fn drain(shared: Arc<Mutex<Shared>>) {
    let mut frames = Box::pin(frames(shared));
    let mut left = BYTES;
    while let Some(Ok(bytes)) = frames.next().await {
        let Some(rest) = left.checked_sub(bytes.len()) else { return };
        left = rest;
    }
}
