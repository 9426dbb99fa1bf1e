//! The ECR API (JSON 1.1 protocol): one signed `POST /` per call.

use super::credentials::{AwsCredentials, KeySource};
use super::endpoints::{AwsEndpoints, EcrService};
use super::model::{AuthorizationToken, Found, ImageDetail, ImageId, Images};
use super::sign::signed_headers;
use crate::client::{
    Call, ClientError, ClientOptions, Endpoint, Hop, Payload, Transport, with_retries, without_userinfo,
};
use crate::{Digest, RepoName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// Largest page that ECR gives.
const PAGE: u32 = 1000;
/// Most image ids in one call.
const IMAGE_IDS: usize = 100;

/// ECR of one registry, in one region, with one set of credentials. Cheap to clone.
#[derive(Clone)]
pub struct EcrApi(Arc<Inner>);

struct Inner {
    transport: Transport,
    url: Url,
    endpoints: AwsEndpoints,
    keys: KeySource,
}

impl fmt::Debug for EcrApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcrApi").field("endpoints", &self.0.endpoints).finish_non_exhaustive()
    }
}

impl EcrApi {
    pub fn new(
        endpoints: AwsEndpoints,
        credentials: AwsCredentials,
        options: ClientOptions,
    ) -> Result<Self, ClientError> {
        let bad = |why: String| {
            ClientError::new(Hop::Local, format_args!("use the ECR API at {}", without_userinfo(&endpoints.ecr)), why)
        };
        let endpoint: Endpoint =
            endpoints.ecr.parse().map_err(|e: crate::client::InvalidEndpoint| bad(e.to_string()))?;
        let url = Url::parse(&format!("{}/", endpoint.origin())).map_err(|e| bad(e.to_string()))?;
        let transport = Transport::new(&endpoint, Arc::new(options.clone()))?;
        let keys = KeySource::new(credentials, endpoints.sts.clone(), endpoints.region.clone(), options);
        Ok(Self(Arc::new(Inner { transport, url, endpoints, keys })))
    }

    pub fn endpoints(&self) -> &AwsEndpoints {
        &self.0.endpoints
    }

    /// Loads the keys without using them: fails where there are none.
    pub async fn check_keys(&self) -> Result<(), ClientError> {
        self.0.keys.keys("find AWS keys").await.map(drop)
    }

    pub async fn get_authorization_token(&self) -> Result<AuthorizationToken, ClientError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Data {
            authorization_token: String,
            expires_at: Option<f64>,
            proxy_endpoint: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            authorization_data: OneOrMany,
        }
        /// A list from ECR, one from ECR Public.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrMany {
            Many(Vec<Data>),
            One(Data),
        }
        let doing = format!("get a registry token from {}", self.0.endpoints.ecr);
        let answer: Answer = self.call("GetAuthorizationToken", json!({}), &doing).await?;
        let odd = || ClientError::new(Hop::Protocol, &doing, "the answer holds no token of the form AWS:PASSWORD");
        let data = match answer.authorization_data {
            OneOrMany::Many(list) => list.into_iter().next().ok_or_else(odd)?,
            OneOrMany::One(data) => data,
        };
        let decoded = BASE64.decode(data.authorization_token.trim()).map_err(|_| odd())?;
        let text = String::from_utf8(decoded).map_err(|_| odd())?;
        let (user, password) = text.split_once(':').ok_or_else(odd)?;
        // Twelve hours is what ECR documents; a local server always says.
        let expires_at = match data.expires_at {
            Some(seconds) if seconds.is_finite() && (0.0..1e11).contains(&seconds) => {
                UNIX_EPOCH + Duration::from_secs_f64(seconds)
            }
            _ => std::time::SystemTime::now() + Duration::from_secs(12 * 3600),
        };
        Ok(AuthorizationToken {
            user: user.to_owned(),
            password: SecretString::from(password.to_owned()),
            expires_at,
            proxy_endpoint: data.proxy_endpoint,
        })
    }

    /// The images of a repository that have a tag, over all pages: one entry a digest.
    pub async fn describe_images(&self, repository: &RepoName) -> Result<Vec<ImageDetail>, ClientError> {
        let doing = format!("list the images of {repository}");
        let input = json!({ "repositoryName": repository, "filter": { "tagStatus": "TAGGED" } });
        self.pages("DescribeImages", input, "imageDetails", &doing).await
    }

    /// The image under a tag or digest.
    pub async fn find_image(&self, repository: &RepoName, id: &ImageId) -> Result<Found, ClientError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            image_details: Vec<ImageDetail>,
        }
        let doing = format!("look for the image {} in {repository}", shown(id));
        let input = json!({ "repositoryName": repository, "imageIds": [id] });
        match self.call::<Answer>("DescribeImages", input, &doing).await {
            Ok(answer) => Ok(answer.image_details.into_iter().next().map_or(Found::NoImage, Found::Image)),
            Err(error) if error.has_code("RepositoryNotFoundException") => Ok(Found::NoRepository),
            Err(error) if error.hop == Hop::Path => Ok(Found::NoImage),
            Err(error) => Err(error),
        }
    }

    /// The image under a tag; `None` when repository or tag is not there.
    pub async fn describe_image(
        &self,
        repository: &RepoName,
        id: &ImageId,
    ) -> Result<Option<ImageDetail>, ClientError> {
        match self.find_image(repository, id).await? {
            Found::Image(image) => Ok(Some(image)),
            Found::NoImage | Found::NoRepository => Ok(None),
        }
    }

    /// All tags of a repository, over all pages: one entry a tag, and one an untagged image.
    pub async fn list_images(&self, repository: &RepoName) -> Result<Vec<ImageId>, ClientError> {
        let doing = format!("list the tags of {repository}");
        self.pages("ListImages", json!({ "repositoryName": repository }), "imageIds", &doing).await
    }

    /// Manifests by tag or digest; asked for in as many calls as needed.
    pub async fn batch_get_image(&self, repository: &RepoName, ids: &[ImageId]) -> Result<Images, ClientError> {
        let doing = format!("read {} manifests of {repository}", ids.len());
        let mut all = Images::default();
        for some in ids.chunks(IMAGE_IDS) {
            let input = json!({ "repositoryName": repository, "imageIds": some });
            let answer: Images = self.call("BatchGetImage", input, &doing).await?;
            all.images.extend(answer.images);
            all.failures.extend(answer.failures);
        }
        Ok(all)
    }

    /// A pre-signed address of a layer. Whoever holds it can read the layer: do not log it.
    pub async fn get_download_url_for_layer(
        &self,
        repository: &RepoName,
        digest: &Digest,
    ) -> Result<String, ClientError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            download_url: String,
        }
        let doing = format!("get the address of the layer {digest} of {repository}");
        let input = json!({ "repositoryName": repository, "layerDigest": digest });
        Ok(self.call::<Answer>("GetDownloadUrlForLayer", input, &doing).await?.download_url)
    }

    /// Follows `nextToken` until there is none, under the limits on pages and entries.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        operation: &str,
        input: Value,
        field: &str,
        doing: &str,
    ) -> Result<Vec<T>, ClientError> {
        let limits = self.0.transport.options.limits;
        let over = |limit: usize, name: &str| {
            ClientError::new(Hop::Limit, doing, format!("the list does not end within {limit} {name} (limit `{name}`)"))
        };
        let (mut found, mut token) = (Vec::new(), None::<String>);
        for _ in 0..limits.pages {
            let mut input = input.clone();
            input["maxResults"] = PAGE.into();
            if let Some(token) = &token {
                input["nextToken"] = token.as_str().into();
            }
            let mut page: Map<String, Value> = self.call(operation, input, doing).await?;
            let entries = page.remove(field).unwrap_or(Value::Array(Vec::new()));
            let entries: Vec<T> = serde_json::from_value(entries).map_err(|e| {
                ClientError::new(Hop::Protocol, doing, format!("the answer's `{field}` has another form: {e}"))
            })?;
            found.extend(entries);
            if found.len() > limits.entries {
                return Err(over(limits.entries, "entries"));
            }
            let next = page.get("nextToken").and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned);
            if next.is_none() {
                return Ok(found);
            }
            if next == token {
                return Err(ClientError::new(Hop::Protocol, doing, "the pages of the list lead in a circle"));
            }
            token = next;
        }
        Err(over(limits.pages, "pages"))
    }

    /// One call. Each try is signed anew, since a signature carries the time.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: &str,
        input: Value,
        doing: &str,
    ) -> Result<T, ClientError> {
        let Inner { transport, url, endpoints, keys } = &*self.0;
        let body = Bytes::from(input.to_string());
        let (signing_name, target_prefix) = match endpoints.service {
            EcrService::Private => ("ecr", "AmazonEC2ContainerRegistry_V20150921"),
            EcrService::Public => ("ecr-public", "SpencerFrontendService"),
        };
        let target = HeaderValue::from_str(&format!("{target_prefix}.{operation}"))
            .map_err(|e| ClientError::new(Hop::Local, doing, e.to_string()))?;
        let doing: Arc<str> = doing.into();
        with_retries(&transport.options.retry, || async {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
            headers.insert(TARGET, target.clone());
            let keys = keys.keys(&doing).await?;
            let headers = signed_headers(url, signing_name, &endpoints.region, &keys, headers, &body, &doing).await?;
            let reply = transport
                .exchange(Call {
                    method: Method::POST,
                    url: url.clone(),
                    headers,
                    payload: Payload::Bytes(body.clone()),
                    timeout: transport.options.timeouts.request,
                    doing: doing.clone(),
                    follow_redirects: false,
                })
                .await?;
            if reply.status.as_u16() != 200 {
                return Err(reply.into_error().await);
            }
            reply.json(transport.options.limits.reply_bytes).await
        })
        .await
    }
}

fn shown(id: &ImageId) -> &str {
    id.image_tag.as_deref().or(id.image_digest.as_deref()).unwrap_or("without tag and digest")
}
