//! Files of a web server that is no registry, such as a repository of Helm charts, under the rules of this client: judged
//! addresses, bounded bodies, retries, and credentials for the typed origin alone. Knows nothing of what the files are.

use super::auth::basic_header;
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{ClientError, Hop};
use super::options::ClientOptions;
use super::payload::Payload;
use super::retry::with_retries;
use super::transport::{Call, Transport, network_error};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Url;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

/// One web server with at most one login. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Downloads {
    origin: Url,
    authorization: Option<HeaderValue>,
    transport: Transport,
}

impl Downloads {
    /// Of credentials, a user name and password count; they are sent unasked, as such servers expect.
    pub fn new(server: &Endpoint, credentials: &Credentials, options: ClientOptions) -> Result<Self, ClientError> {
        let text = server.origin();
        let origin = Url::parse(&text)
            .map_err(|e| ClientError::new(Hop::Local, "prepare a download", format!("`{text}` is not a URL: {e}")))?;
        let authorization = match credentials {
            Credentials::Basic { user, password } => Some(basic_header(user, password)),
            _ => None,
        };
        Ok(Self { origin, authorization, transport: Transport::new(server, Arc::new(options))? })
    }

    /// The file at `url`, as a stream that fails beyond `limit` bytes; `limit_name` is what the error calls the limit, `what`
    /// what it calls the file.
    pub async fn get(
        &self,
        url: &str,
        what: &str,
        limit: u64,
        limit_name: &'static str,
    ) -> Result<Download, ClientError> {
        let local = |seen: String| ClientError::new(Hop::Local, format_args!("read {what}"), seen);
        let url = Url::parse(url).map_err(|e| local(format!("its address is not a URL: {e}")))?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return Err(local("its address is not one of http or https without credentials".to_owned()));
        }
        if self.origin.scheme() == "https" && url.scheme() == "http" {
            return Err(local("its address is one of http, in a repository of https".to_owned()));
        }
        let doing: Arc<str> = format!("read {what} from {}", authority(&url)).into();
        let mut headers = HeaderMap::new();
        if let Some(value) = self.authorization.clone().filter(|_| url.origin() == self.origin.origin()) {
            headers.insert(header::AUTHORIZATION, value);
        }
        let options = &self.transport.options;
        let call = Call {
            method: Method::GET,
            url,
            headers,
            payload: Payload::Empty,
            timeout: options.timeouts.blob,
            doing: doing.clone(),
            follow_redirects: true,
        };
        let reply = with_retries(&options.retry, || async {
            let reply = self.transport.exchange(call.clone()).await?;
            if reply.status.as_u16() == 200 { Ok(reply) } else { Err(reply.into_error().await) }
        })
        .await?;
        if reply.refuse_html().is_err() {
            return Err(reply.odd("a web page came (Content-Type text/html), not the file"));
        }
        let length = reply.content_length();
        if length.is_some_and(|length| length > limit) {
            let seen = format!("it is larger than {limit} bytes (limit {limit_name})");
            return Err(ClientError::new(Hop::Limit, doing, seen));
        }
        let (url, for_error) = (reply.url.clone(), doing.clone());
        let chunks = reply.into_response().bytes_stream();
        let body = chunks.map(move |chunk| chunk.map_err(|error| network_error(&for_error, &url, error)));
        Ok(Download { body: Box::pin(body), length, left: limit, limit, limit_name, doing })
    }
}

fn authority(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// A file on its way. Nothing is known of its content: who needs that compares a digest.
pub struct Download {
    body: Pin<Box<dyn Stream<Item = Result<Bytes, ClientError>> + Send>>,
    /// As the server says.
    pub length: Option<u64>,
    left: u64,
    limit: u64,
    limit_name: &'static str,
    doing: Arc<str>,
}

impl Download {
    /// The next bytes; None at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        let Some(chunk) = self.body.next().await.transpose()? else { return Ok(None) };
        match self.left.checked_sub(chunk.len() as u64) {
            Some(left) => self.left = left,
            None => {
                let seen = format!("it does not end within {} bytes (limit {})", self.limit, self.limit_name);
                return Err(ClientError::new(Hop::Limit, &self.doing, seen));
            }
        }
        Ok(Some(chunk))
    }

    /// A blocking reader, for `spawn_blocking`. Must be made inside a runtime.
    pub fn into_reader(self) -> DownloadReader {
        DownloadReader { download: self, chunk: Bytes::new(), runtime: tokio::runtime::Handle::current() }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Download({})", self.doing)
    }
}

/// [`Download`] for code that reads and blocks. Never use it on an async thread.
#[derive(Debug)]
pub struct DownloadReader {
    download: Download,
    chunk: Bytes,
    runtime: tokio::runtime::Handle,
}

impl io::Read for DownloadReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.download.chunk()) {
                Ok(Some(chunk)) => self.chunk = chunk,
                Ok(None) => return Ok(0),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
        let count = out.len().min(self.chunk.len());
        out[..count].copy_from_slice(&self.chunk.split_to(count));
        Ok(count)
    }
}
