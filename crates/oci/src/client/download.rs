//! Files of a web server that is no registry, such as a repository of Helm charts, under the rules of this client: judged
//! addresses, bounded bodies, retries, and credentials for the typed origin alone. Knows nothing of what the files are.

use super::auth::basic_header;
use super::credentials::Credentials;
use super::endpoint::Endpoint;
use super::error::{ClientError, Hop};
use super::options::ClientOptions;
use super::payload::Payload;
use super::reply::{Reply, http_date};
use super::retry::with_retries;
use super::transport::{Call, Transport, network_error};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::SystemTime;

/// What a server called the state of a file that is known; either may be empty. A file that is still the same need not
/// travel again. Spec: RFC 9110, section 13.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`.
    pub etag: String,
    /// `Last-Modified`.
    pub modified: String,
}

impl Validators {
    /// A time has whole seconds: a file that was written within the second of the reply may be written once more in it, and
    /// then has the same time (section 8.8.2.2). So the time counts only once its second is over.
    fn of(reply: &Reply) -> Self {
        let named = |name: &str| reply.header(name).unwrap_or_default();
        let (modified, now) = (named("last-modified"), http_date(named("date")).unwrap_or_else(SystemTime::now));
        let is_over = http_date(modified).is_none_or(|modified| modified < now);
        Self { etag: named("etag").to_owned(), modified: if is_over { modified.to_owned() } else { String::new() } }
    }
}

/// A file to be read.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub url: &'a str,
    /// What errors call the file.
    pub what: &'a str,
    /// Most bytes of it, and what errors call that limit.
    pub limit: u64,
    pub limit_name: &'static str,
}

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

    /// With a token in place of a login.
    #[must_use]
    pub fn with_bearer(self, token: &SecretString) -> Self {
        let header = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).ok();
        let authorization = header.map(|mut header| {
            header.set_sensitive(true);
            header
        });
        Self { authorization, ..self }
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
        let found = self.get_unless(Wanted { url, what, limit, limit_name }, &Validators::default()).await?;
        let unasked =
            || ClientError::new(Hop::Protocol, format_args!("read {what}"), "304 came, which nobody asked for");
        found.ok_or_else(unasked)
    }

    /// The same, unless the file is still what `known` says: then None.
    pub async fn get_unless(&self, wanted: Wanted<'_>, known: &Validators) -> Result<Option<Download>, ClientError> {
        let Wanted { url, what, limit, limit_name } = wanted;
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
        for (name, value) in [(header::IF_NONE_MATCH, &known.etag), (header::IF_MODIFIED_SINCE, &known.modified)] {
            if let Some(value) = HeaderValue::from_str(value).ok().filter(|_| !value.is_empty()) {
                headers.insert(name, value);
            }
        }
        let is_conditional =
            headers.contains_key(header::IF_NONE_MATCH) || headers.contains_key(header::IF_MODIFIED_SINCE);
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
            match reply.status.as_u16() {
                200 => Ok(Some(reply)),
                304 if is_conditional => Ok(None),
                _ => Err(reply.into_error().await),
            }
        })
        .await?;
        let Some(reply) = reply else { return Ok(None) };
        if reply.refuse_html().is_err() {
            return Err(reply.odd("a web page came (Content-Type text/html), not the file"));
        }
        let length = reply.content_length();
        if length.is_some_and(|length| length > limit) {
            let seen = format!("it is larger than {limit} bytes (limit {limit_name})");
            return Err(ClientError::new(Hop::Limit, doing, seen));
        }
        let validators = Validators::of(&reply);
        let (url, for_error) = (reply.url.clone(), doing.clone());
        let chunks = reply.into_response().bytes_stream();
        let body = chunks.map(move |chunk| chunk.map_err(|error| network_error(&for_error, &url, error)));
        Ok(Some(Download { body: Box::pin(body), length, validators, left: limit, limit, limit_name, doing }))
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
    pub validators: Validators,
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
