//! Where the APIs of a registry answer: AWS's own, those of ECR Public, or the registry itself.

use super::host::EcrHost;
use crate::client::{Endpoint, Scheme};

/// The hosts of ECR Public, which is one registry for everybody, in one region.
const PUBLIC_HOSTS: [&str; 2] = ["public.ecr.aws", "ecr-public.aws.com"];

/// True for the hosts of ECR Public.
pub fn is_ecr_public(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    PUBLIC_HOSTS.iter().any(|known| host.eq_ignore_ascii_case(known))
}

/// ECR is two services with two APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EcrService {
    /// The registry of an account in a region.
    #[default]
    Private,
    /// `public.ecr.aws`. Repositories there are `ALIAS/NAME`, and the API knows them by NAME.
    Public,
}

/// Where ECR and STS answer for one registry, and the region to sign for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsEndpoints {
    /// Without a slash at the end.
    pub ecr: String,
    pub sts: String,
    pub region: String,
    pub service: EcrService,
}

impl AwsEndpoints {
    /// The endpoints of the registry at `endpoint`: AWS's own for a host of AWS's form, else the registry's origin,
    /// which then plays ECR and STS itself. `region` counts when the host names none.
    pub fn of(endpoint: &Endpoint, region: Option<&str>) -> Self {
        if is_ecr_public(endpoint.host()) {
            return Self::of_ecr_public();
        }
        match EcrHost::parse(endpoint.host()).filter(|_| endpoint.scheme == Scheme::Https) {
            Some(host) => host.endpoints(),
            None => {
                let region = region.filter(|r| !r.is_empty()).unwrap_or("us-east-1").to_owned();
                Self { ecr: endpoint.origin(), sts: endpoint.origin(), region, service: EcrService::Private }
            }
        }
    }

    /// The API answers in us-east-1 only.
    fn of_ecr_public() -> Self {
        Self {
            ecr: "https://api.ecr-public.us-east-1.amazonaws.com".to_owned(),
            sts: "https://sts.us-east-1.amazonaws.com".to_owned(),
            region: "us-east-1".to_owned(),
            service: EcrService::Public,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecr_public_is_one_registry_in_one_region() {
        for host in ["public.ecr.aws", "ECR-Public.aws.com"] {
            let endpoints = AwsEndpoints::of(&format!("{host}/a1b2c3d4").parse().unwrap(), Some("eu-west-1"));
            assert_eq!(endpoints.ecr, "https://api.ecr-public.us-east-1.amazonaws.com");
            assert_eq!((endpoints.region.as_str(), endpoints.service), ("us-east-1", EcrService::Public));
        }
        assert!(!is_ecr_public("public.ecr.aws.example.com"));
    }

    #[test]
    fn elsewhere_the_api_is_at_the_same_origin() {
        let endpoints = AwsEndpoints::of(&"localhost:7225/base".parse().unwrap(), Some("eu-west-1"));
        assert_eq!(endpoints.ecr, "http://localhost:7225");
        assert_eq!(endpoints.region, "eu-west-1");
        let aws = AwsEndpoints::of(&"123456789012.dkr.ecr.eu-west-2.amazonaws.com".parse().unwrap(), Some("us-east-1"));
        assert_eq!(aws.region, "eu-west-2");
    }
}
