//! One port for HTTP and HTTPS: the first byte of a connection tells (22 is a TLS handshake, anything else is text).
//!
//! With TLS on, plain HTTP is answered to loopback peers only (ORAS 1.0 speaks only http to the name `localhost`);
//! others get 400 with the https address, never a redirect: a redirect would teach clients to send secrets in clear.

use super::clients::Clients;
use super::idle::{Activity, Sent, Stream};
use super::patience::{Coming, ConnectionLimits, Patient};
use super::slots::Slots;
use super::until;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use packyard_access::Peer;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt;

/// A client that opened a connection has this long to say its first byte and to finish the TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const TLS_HANDSHAKE_BYTE: u8 = 22;
/// Requests of one HTTP/2 connection at the same time: each may have a file open, and whoever reads none of its replies
/// holds it.
const STREAMS: u32 = 32;

pub(super) struct Doors {
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) https_url: Option<String>,
    pub(super) router: Router,
    pub(super) clients: Arc<Clients>,
    /// How long a stopping server waits for requests under way.
    pub(super) drain: Duration,
    pub(super) limits: ConnectionLimits,
    /// How long a request's body may stand still.
    pub(super) body_idle: Duration,
}

pub(super) async fn run(listener: TcpListener, doors: Doors, stopped: watch::Receiver<bool>) {
    let mut stop = pin!(until(&stopped));
    let doors = Arc::new(doors);
    let graceful = GracefulShutdown::new();
    let slots = Slots::new(doors.limits.most);
    loop {
        let next = async {
            let permit = slots.free().await;
            listener.accept().await.map(|(stream, addr)| (stream, addr, permit))
        };
        let (stream, addr, permit) = tokio::select! {
            () = &mut stop => break,
            accepted = next => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: wait for some to come back instead of spinning.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let Some(slot) = slots.take(permit, addr.ip(), doors.clients.is_proxy(addr.ip())) else {
            if slots.is_news() {
                tracing::warn!(%addr, "sent away: this address has half of the connections that there may be already");
            }
            continue;
        };
        let (doors, watcher, stopped) = (doors.clone(), graceful.watcher(), stopped.clone());
        tokio::spawn(async move {
            if let Err(error) = connection(stream, addr, &doors, watcher, stopped).await {
                tracing::debug!(%addr, %error, "connection ended");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(doors.drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = doors.drain.as_secs(), "requests still under way were cut off");
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn connection(
    stream: TcpStream,
    addr: SocketAddr,
    doors: &Doors,
    watcher: Watcher,
    stopped: watch::Receiver<bool>,
) -> Result<(), AnyError> {
    stream.set_nodelay(true)?;
    let Some(tls) = &doors.tls else {
        return serve(stream, Peer { addr, secure: false }, doors, watcher, stopped).await;
    };
    // Nobody waits for an answer yet: a stop ends this at once.
    let door = tokio::select! {
        door = door(stream, tls) => door?,
        () = until(&stopped) => return Ok(()),
    };
    match door {
        Some(Door::Secure(stream)) => serve(stream, Peer { addr, secure: true }, doors, watcher, stopped).await,
        Some(Door::Plain(stream)) => serve(stream, Peer { addr, secure: false }, doors, watcher, stopped).await,
        None => Ok(()),
    }
}

enum Door {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// `None` when the client went away without a word.
async fn door(stream: TcpStream, tls: &TlsAcceptor) -> Result<Option<Door>, AnyError> {
    let mut first = [0];
    if tokio::time::timeout(HANDSHAKE_LIMIT, stream.peek(&mut first)).await?? == 0 {
        return Ok(None);
    }
    if first[0] != TLS_HANDSHAKE_BYTE {
        return Ok(Some(Door::Plain(stream)));
    }
    let stream = tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await??;
    Ok(Some(Door::Secure(Box::new(stream))))
}

async fn serve<S>(
    stream: S,
    peer: Peer,
    doors: &Doors,
    watcher: Watcher,
    stopped: watch::Receiver<bool>,
) -> Result<(), AnyError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let refuse = !peer.secure && doors.tls.is_some() && !peer.addr.ip().to_canonical().is_loopback();
    let https_url = doors.https_url.clone().unwrap_or_default();
    let (router, clients) = (doors.router.clone(), doors.clients.clone());
    let activity = Arc::new(Activity::default());
    let stream = Patient::new(stream, activity.clone(), doors.limits);
    let stream = Stream { inner: stream, activity: activity.clone(), stopped };
    let body_idle = doors.body_idle;
    let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let (router, clients) = (router.clone(), clients.clone());
        let https_url = https_url.clone();
        let under_way = activity.begin(request.version());
        async move {
            let response = if refuse {
                plain_http_refused(&https_url)
            } else {
                let mut request: Request = request.map(|body| Body::new(Coming::new(body, body_idle)));
                let addr = clients.of(peer.addr, request.headers());
                request.extensions_mut().insert(Peer { addr, ..peer });
                let Ok(response) = router.oneshot(request).await;
                response
            };
            Ok::<_, Infallible>(response.map(|body| Sent { body, _under_way: under_way }))
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(doors.limits.head_wait);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(30)).max_concurrent_streams(STREAMS);
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    watcher.watch(connection).await
}

fn plain_http_refused(https_url: &str) -> Response {
    let text = format!("This server speaks https to other machines. Use {https_url}\n");
    (StatusCode::BAD_REQUEST, [(http::header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
