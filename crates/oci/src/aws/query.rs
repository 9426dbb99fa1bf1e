//! The query protocol of IAM and STS: a signed form is posted, XML comes back.

use super::credentials::{AwsCredentials, AwsKeys, KeySource};
use super::sign::signed_headers;
use super::xml;
use crate::client::{
    Call, ClientError, ClientOptions, Endpoint, Hop, Payload, Transport, form_encoded, with_retries, without_userinfo,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, header};
use reqwest::Url;
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryService {
    Iam,
    Sts,
}

impl QueryService {
    fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::Iam => "2010-05-08",
            Self::Sts => "2011-06-15",
        }
    }
}

/// IAM and STS of one server, with one set of credentials.
pub struct AwsQuery {
    transport: Transport,
    url: Url,
    region: String,
    keys: KeySource,
}

impl fmt::Debug for AwsQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsQuery").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl AwsQuery {
    pub fn new(
        server: &str,
        region: &str,
        credentials: AwsCredentials,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
        let bad =
            |why: String| ClientError::new(Hop::Local, format_args!("use IAM at {}", without_userinfo(server)), why);
        let endpoint: Endpoint = server.parse().map_err(|e: crate::client::InvalidEndpoint| bad(e.to_string()))?;
        let url = Url::parse(&format!("{}/", endpoint.origin())).map_err(|e| bad(e.to_string()))?;
        let transport = Transport::new(&endpoint, Arc::new(options.clone()))?;
        let keys = KeySource::new(credentials, endpoint.origin(), region.to_owned(), options);
        Ok(Self { transport, url, region: region.to_owned(), keys })
    }

    /// Performs an action; what its `…Result` element holds. Lists are arrays, everything else is text; an empty list
    /// cannot be told from an empty text.
    pub async fn call(
        &self,
        service: QueryService,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Map<String, Value>, ClientError> {
        let doing = format!("{action} at {}", self.url);
        let mut form = vec![("Action", action), ("Version", service.version())];
        form.extend_from_slice(parameters);
        let keys = self.keys.keys(&doing).await?;
        let body = form_encoded(&form);
        let answer = post_form(&self.transport, &self.url, service.name(), &self.region, &keys, body, &doing).await?;
        let odd = || ClientError::new(Hop::Protocol, &doing, "the answer is not the XML of an AWS service");
        let Some(Value::Object(mut answer)) = xml::tree(&answer) else { return Err(odd()) };
        match answer.remove(&format!("{action}Result")) {
            Some(Value::Object(result)) => Ok(result),
            // Actions without output have no such element, or an empty one.
            _ => Ok(Map::new()),
        }
    }
}

/// One exchange; each try is signed anew, since a signature carries the time.
pub(super) async fn post_form(
    transport: &Transport,
    url: &Url,
    service: &str,
    region: &str,
    keys: &AwsKeys,
    form: String,
    doing: &str,
) -> Result<Bytes, ClientError> {
    let options = &transport.options;
    let body = Bytes::from(form);
    let doing: Arc<str> = doing.into();
    with_retries(&options.retry, || async {
        let mut headers = HeaderMap::new();
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        headers.insert(header::CONTENT_TYPE, form_type);
        let headers = signed_headers(url, service, region, keys, headers, &body, &doing).await?;
        let reply = transport
            .exchange(Call {
                method: Method::POST,
                url: url.clone(),
                headers,
                payload: Payload::Bytes(body.clone()),
                timeout: options.timeouts.request,
                doing: doing.clone(),
                follow_redirects: false,
            })
            .await?;
        if reply.status.as_u16() != 200 {
            return Err(reply.into_error().await);
        }
        reply.refuse_html()?;
        reply.bytes(options.limits.reply_bytes, "reply_bytes").await
    })
    .await
}
