//! ECR and STS: which host names are AWS's, where their APIs are, and the calls that sync and publish make.
//!
//! Requests are signed with Signature Version 4 by `reqsign`, with `x-amz-content-sha256` set to the body's hash
//! first: left unset it would sign UNSIGNED-PAYLOAD, which these services do not accept.

mod chain;
mod credentials;
mod ecr;
mod endpoints;
mod host;
mod model;
mod profile;
mod query;
mod repository;
mod sign;
mod sts;
mod xml;

pub use credentials::{AwsCredentials, AwsKeys};
pub use ecr::EcrApi;
pub use endpoints::{AwsEndpoints, EcrService, is_ecr_public};
pub use host::EcrHost;
pub use model::{AuthorizationToken, Found, ImageDetail, ImageFailure, ImageId, ImageManifest, Images, Repository};
pub use query::{AwsQuery, QueryService};
pub use repository::{Created, Encryption, RepositorySettings};
pub use sts::{AssumedRole, CallerIdentity, RoleToAssume, sts_assume_role, sts_caller_identity};

pub(crate) use xml::texts as xml_texts;
