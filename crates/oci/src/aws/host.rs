//! Host names of ECR in every partition of AWS, and the addresses of the APIs that belong to them. Checked against the
//! endpoint rules that botocore 1.43 ships.

use super::endpoints::{AwsEndpoints, EcrService};

/// A parsed `<account>.dkr.ecr.<region>.<suffix>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrHost {
    pub account_id: String,
    pub region: String,
    pub fips: bool,
    pub dual_stack: bool,
}

/// One partition: the suffixes of its host names.
struct Partition {
    region_prefixes: &'static [&'static str],
    suffix: &'static str,
    /// Suffix of registry hosts with dual-stack, `on.…`; and of the APIs. Empty where there is none.
    dual_registry: &'static str,
    dual_api: &'static str,
    /// The API's FIPS name is `ecr-fips.`, elsewhere `api.ecr-fips.`.
    short_fips: bool,
}

/// More specific prefixes first; the last one takes every region that no other does.
const PARTITIONS: [Partition; 8] = [
    Partition {
        region_prefixes: &["cn-"],
        suffix: "amazonaws.com.cn",
        dual_registry: "on.amazonwebservices.com.cn",
        dual_api: "api.amazonwebservices.com.cn",
        short_fips: false,
    },
    Partition {
        region_prefixes: &["us-gov-"],
        suffix: "amazonaws.com",
        dual_registry: "on.aws",
        dual_api: "api.aws",
        short_fips: true,
    },
    Partition {
        region_prefixes: &["us-isob-"],
        suffix: "sc2s.sgov.gov",
        dual_registry: "",
        dual_api: "",
        short_fips: false,
    },
    Partition {
        region_prefixes: &["us-isof-", "eu-isof-"],
        suffix: "csp.hci.ic.gov",
        dual_registry: "",
        dual_api: "",
        short_fips: false,
    },
    Partition {
        region_prefixes: &["eu-isoe-"],
        suffix: "cloud.adc-e.uk",
        dual_registry: "",
        dual_api: "",
        short_fips: false,
    },
    Partition {
        region_prefixes: &["us-iso-"],
        suffix: "c2s.ic.gov",
        dual_registry: "",
        dual_api: "",
        short_fips: false,
    },
    Partition {
        region_prefixes: &["eusc-"],
        suffix: "amazonaws.eu",
        dual_registry: "on.amazonwebservices.eu",
        dual_api: "api.amazonwebservices.eu",
        short_fips: false,
    },
    Partition {
        region_prefixes: &[""],
        suffix: "amazonaws.com",
        dual_registry: "on.aws",
        dual_api: "api.aws",
        short_fips: true,
    },
];

impl Partition {
    fn of_region(region: &str) -> &'static Self {
        let last = &PARTITIONS[PARTITIONS.len() - 1];
        PARTITIONS.iter().find(|p| p.region_prefixes.iter().any(|prefix| region.starts_with(prefix))).unwrap_or(last)
    }
}

impl EcrHost {
    /// `None` when the host has no form of AWS's.
    pub fn parse(host: &str) -> Option<Self> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let (account_id, rest) = host.split_once('.')?;
        if account_id.len() != 12 || !account_id.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (service, dual_stack) = match rest.strip_prefix("dkr.") {
            Some(rest) => (rest, false),
            None => (rest.strip_prefix("dkr-")?, true),
        };
        let (name, rest) = service.split_once('.')?;
        let fips = match name {
            "ecr" => false,
            "ecr-fips" => true,
            _ => return None,
        };
        let (region, suffix) = rest.split_once('.')?;
        if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        let partition = Partition::of_region(region);
        let expected = if dual_stack { partition.dual_registry } else { partition.suffix };
        (!expected.is_empty() && suffix == expected).then(|| Self {
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            fips,
            dual_stack,
        })
    }

    pub fn endpoints(&self) -> AwsEndpoints {
        let Self { region, fips, dual_stack, .. } = self;
        let partition = Partition::of_region(region);
        let suffix = if *dual_stack { partition.dual_api } else { partition.suffix };
        let ecr = match (fips, dual_stack) {
            (false, false) => "api.ecr",
            (false, true) => "ecr",
            (true, _) if partition.short_fips => "ecr-fips",
            (true, _) => "api.ecr-fips",
        };
        // GovCloud's plain STS endpoint is the FIPS one.
        let sts = if *fips && (*dual_stack || !region.starts_with("us-gov-")) { "sts-fips" } else { "sts" };
        AwsEndpoints {
            ecr: format!("https://{ecr}.{region}.{suffix}"),
            sts: format!("https://{sts}.{region}.{suffix}"),
            region: region.clone(),
            service: EcrService::Private,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ecr_api(host: &str) -> Option<String> {
        EcrHost::parse(host).map(|h| h.endpoints().ecr)
    }

    /// The right-hand sides are what botocore 1.43.11 resolves for the region and variants.
    #[test]
    fn every_partition() {
        for (host, api, sts) in [
            (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com",
                "api.ecr.us-east-1.amazonaws.com",
                "sts.us-east-1.amazonaws.com",
            ),
            (
                "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
                "ecr-fips.us-east-1.amazonaws.com",
                "sts-fips.us-east-1.amazonaws.com",
            ),
            ("123456789012.dkr-ecr.eu-central-1.on.aws", "ecr.eu-central-1.api.aws", "sts.eu-central-1.api.aws"),
            ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "ecr-fips.us-east-1.api.aws", "sts-fips.us-east-1.api.aws"),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "api.ecr.cn-north-1.amazonaws.com.cn",
                "sts.cn-north-1.amazonaws.com.cn",
            ),
            (
                "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
                "ecr.cn-north-1.api.amazonwebservices.com.cn",
                "sts.cn-north-1.api.amazonwebservices.com.cn",
            ),
            (
                "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com",
                "api.ecr.us-gov-west-1.amazonaws.com",
                "sts.us-gov-west-1.amazonaws.com",
            ),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "ecr-fips.us-gov-west-1.amazonaws.com",
                "sts.us-gov-west-1.amazonaws.com",
            ),
            (
                "123456789012.dkr.ecr.us-iso-east-1.c2s.ic.gov",
                "api.ecr.us-iso-east-1.c2s.ic.gov",
                "sts.us-iso-east-1.c2s.ic.gov",
            ),
            (
                "123456789012.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
                "api.ecr.us-isob-east-1.sc2s.sgov.gov",
                "sts.us-isob-east-1.sc2s.sgov.gov",
            ),
            (
                "123456789012.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
                "api.ecr.eu-isoe-west-1.cloud.adc-e.uk",
                "sts.eu-isoe-west-1.cloud.adc-e.uk",
            ),
            (
                "123456789012.dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
                "api.ecr.us-isof-south-1.csp.hci.ic.gov",
                "sts.us-isof-south-1.csp.hci.ic.gov",
            ),
            (
                "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
                "api.ecr.eusc-de-east-1.amazonaws.eu",
                "sts.eusc-de-east-1.amazonaws.eu",
            ),
        ] {
            let endpoints = EcrHost::parse(host).unwrap_or_else(|| panic!("{host}")).endpoints();
            assert_eq!((endpoints.ecr, endpoints.sts), (format!("https://{api}"), format!("https://{sts}")), "{host}");
        }
    }

    #[test]
    fn what_is_not_awss() {
        for host in [
            "localhost",
            "registry.example.com",
            "123456789012.dkr.ecr.us-east-1.amazonaws.com.evil.org",
            "123456789012.dkr.ecr.us-east-1.example.com",
            "12345678901.dkr.ecr.us-east-1.amazonaws.com",
            "a23456789012.dkr.ecr.us-east-1.amazonaws.com",
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.s3.us-east-1.amazonaws.com",
            "public.ecr.aws",
        ] {
            assert_eq!(ecr_api(host), None, "{host}");
        }
    }
}
