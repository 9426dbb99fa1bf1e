//! Secrets left in a pack: whoever can read the registry has them. Only what has the form of a real one; its text is never
//! shown.

use super::{Finding, rules};
use crate::pack::Pack;
use crate::place::Place;
use crate::{contents, metadata, presets, values};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Base64 of a key that follows its opening line; examples have dots or nothing there.
const KEY_BYTES: usize = 60;

static TOKENS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let patterns = [
        (r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b", "an AWS access key"),
        (r"\bgh[pousr]_[A-Za-z0-9]{36}\b", "a GitHub token"),
        (r"\bgithub_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b", "a GitHub token"),
        (r"\bglpat-[A-Za-z0-9_-]{20}\b", "a GitLab token"),
        (r"\bxox[abprs]-[0-9]{9,}-[0-9]{9,}-[A-Za-z0-9-]{20,}", "a Slack token"),
        (r"\bAIza[A-Za-z0-9_-]{35}\b", "a Google API key"),
        (r"(?i)secret[_-]?access[_-]?key\W{1,4}[A-Za-z0-9/+]{40}\b", "an AWS secret access key"),
        (r"\bAccountKey=[A-Za-z0-9+/]{86}==", "a key of Azure Storage"),
        (r"\bhooks\.slack\.com/services/T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{24}\b", "a Slack webhook"),
        (r"\bdckr_pat_[A-Za-z0-9_-]{27,}\b", "a Docker Hub token"),
        (r"\bnpm_[A-Za-z0-9]{36}\b", "an npm token"),
        (r"\bhf_[A-Za-z]{34}\b", "a Hugging Face token"),
        (r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b", "a SendGrid key"),
        (r"\b[rs]k_live_[A-Za-z0-9]{24,}\b", "a Stripe key"),
        (r"\bhvs\.[A-Za-z0-9_-]{90,}\b", "a Vault token"),
    ];
    patterns.iter().filter_map(|(pattern, what)| Some((Regex::new(pattern).ok()?, *what))).collect()
});

static PRIVATE_KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----").ok()
});

pub(super) fn check(pack: &Pack, found: &mut Vec<Finding>) {
    let manifests = pack.manifests.iter().map(|manifest| (manifest.path.as_str(), Some(manifest.text.as_str()), true));
    let charts = pack.charts.iter().map(|chart| (chart.path.as_str(), chart.values.as_deref(), false));
    let own = [
        (metadata::FILE, Some(pack.metadata.text.as_str()), true),
        (values::FILE, Some(pack.values.as_str()), true),
        (presets::FILE, pack.presets_text.as_deref(), true),
        (contents::README, pack.readme.as_deref(), true),
    ];
    for (file, text, has_lines) in own.into_iter().chain(manifests).chain(charts) {
        for (what, at) in secrets(text.unwrap_or_default()) {
            let text = text.unwrap_or_default();
            let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
            let place = Place::at(file, text[..at].matches('\n').count() + 1, text[start..at].chars().count() + 1);
            let (place, inside) = if has_lines { (place, "") } else { (Place::file(file), " in its values.yaml") };
            found.push(Finding::new(&rules::SECRET, format!("there is {what} here{inside}")).at(place));
        }
    }
}

fn secrets(text: &str) -> Vec<(&'static str, usize)> {
    let mut out = Vec::new();
    for key in PRIVATE_KEY.iter().flat_map(|pattern| pattern.find_iter(text)) {
        let body = text[key.end()..].replace("\\n", "\n");
        let base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
        // A header such as `Proc-Type:` may stand before the key.
        let lines = body.lines().take(6).map(|line| line.trim_matches([' ', '#', '"', '\'', '\\', ',']));
        let bytes: usize = lines.filter(|line| line.len() >= 16 && line.chars().all(base64)).map(str::len).sum();
        if bytes >= KEY_BYTES {
            out.push(("a private key", key.start()));
        }
    }
    for (pattern, what) in TOKENS.iter() {
        let real = |token: &str| {
            !token.ends_with("EXAMPLE")
                && !token.ends_with("EXAMPLEKEY")
                && token.bytes().rev().take(36).collect::<BTreeSet<_>>().len() > 8
        };
        out.extend(pattern.find_iter(text).filter(|m| real(m.as_str())).map(|m| (*what, m.start())));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_surely_a_secret_is_one() {
        let key =
            format!("k: |\n  -----BEGIN RSA PRIVATE KEY-----\n  {0}\n  {0}\n", "MIIEowIBAAKCAQEA7bq2Xq9yW1h0k3vJ");
        assert_eq!(secrets(&key), [("a private key", 7)]);
        assert_eq!(secrets(&key.replace("\n  ", "\\n")).len(), 1);
        let access = format!("AKIA{}", "Q3EGRIOTLXV2PDM5");
        assert_eq!(secrets(&format!("id: {access}")), [("an AWS access key", 4)]);
        let secret = format!("aws_secret_access_key: \"kTu3{}\"", "Zq9vLm2XcYb7RwPd5sHnE8jGaF4tVxK1oQi6");
        assert_eq!(secrets(&secret), [("an AWS secret access key", 4)]);
        for text in [
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nMIIEvg...\n",
            "AKIAIOSFODNN7EXAMPLE",
            "AKIAXXXXXXXXXXXXXXXX",
            "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "password: changeme",
            "aws_secret_access_key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "secretAccessKey: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        ] {
            assert_eq!(secrets(text), [], "{text}");
        }
    }
}
