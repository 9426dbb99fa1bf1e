//! What is in a certificate that is about to be trusted: read here and shown before anybody confirms.

use crate::failure::Failure;
use crate::parts::Status;
use crate::visit::Post;
use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use x509_parser::pem::Pem;
use x509_parser::prelude::X509Certificate;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CertificateView {
    Read { subject: String, issuer: String, from: String, until: String, state: Status },
    Unreadable(String),
}

#[derive(Template)]
#[template(source = r#"{% for view in views %}{% include "registries/certificate.html" %}{% endfor %}"#, ext = "html")]
struct CertificatesPart {
    views: Vec<CertificateView>,
}

pub(super) async fn describe(post: Post) -> Result<Response, Failure> {
    let views = read(&post.fields.text("certificate"), post.visit.now_ms());
    post.visit.part(&CertificatesPart { views })
}

/// One view for each certificate in the text; none for an empty text.
pub(super) fn read(pem: &str, now_ms: i64) -> Vec<CertificateView> {
    if pem.trim().is_empty() {
        return Vec::new();
    }
    let mut views = Vec::new();
    for block in Pem::iter_from_buffer(pem.as_bytes()) {
        let view = match block {
            Ok(block) if block.label == "CERTIFICATE" => {
                block.parse_x509().ok().map(|certificate| describe_one(&certificate, now_ms))
            }
            Ok(block) => Some(CertificateView::Unreadable(format!(
                "There is a {} in the text; only certificates belong here.",
                block.label.to_lowercase()
            ))),
            Err(_) => None,
        };
        views.push(view.unwrap_or_else(|| {
            CertificateView::Unreadable("A block of the text is damaged and does not read as a certificate.".to_owned())
        }));
    }
    if views.is_empty() {
        views.push(CertificateView::Unreadable(
            "This is not a certificate in PEM form: it has no line -----BEGIN CERTIFICATE-----.".to_owned(),
        ));
    }
    views
}

pub(super) fn is_readable(views: &[CertificateView]) -> bool {
    views.iter().all(|view| matches!(view, CertificateView::Read { .. }))
}

fn describe_one(certificate: &X509Certificate<'_>, now_ms: i64) -> CertificateView {
    let now = now_ms / 1000;
    let (from, until) = (certificate.validity().not_before.timestamp(), certificate.validity().not_after.timestamp());
    let state = if now < from {
        Status::warn("not valid yet")
    } else if now > until {
        Status::bad("expired")
    } else if until - now < 30 * 86_400 {
        Status::warn("expires within 30 days")
    } else {
        Status::good("valid")
    };
    let day = |seconds| DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or_default().format("%Y-%m-%d").to_string();
    CertificateView::Read {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        from: day(from),
        until: day(until),
        state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(days: i64) -> String {
        let mut params = rcgen::CertificateParams::new(vec!["harbor.example.com".to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Harbor of the yard");
        params.not_before = rcgen::date_time_ymd(2024, 1, 1);
        let end = DateTime::<Utc>::from_timestamp(1_704_067_200 + days * 86_400, 0).unwrap();
        params.not_after = rcgen::date_time_ymd(
            chrono::Datelike::year(&end),
            chrono::Datelike::month(&end) as u8,
            chrono::Datelike::day(&end) as u8,
        );
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem()
    }

    #[test]
    fn a_certificate_shows_its_subject_and_validity() {
        let start_ms = 1_704_067_200_000;
        let CertificateView::Read { subject, from, until, state, .. } = &read(&made(90), start_ms + 1000)[0] else {
            panic!("unreadable")
        };
        assert!(subject.contains("Harbor of the yard"), "{subject}");
        assert_eq!((from.as_str(), until.as_str(), state.word), ("2024-01-01", "2024-03-31", "valid"));
        let word = |now_ms| match &read(&made(90), now_ms)[0] {
            CertificateView::Read { state, .. } => state.word,
            CertificateView::Unreadable(_) => "unreadable",
        };
        assert_eq!(word(start_ms + 80 * 86_400_000), "expires within 30 days");
        assert_eq!(word(start_ms + 91 * 86_400_000), "expired");
        assert_eq!(word(start_ms - 86_400_000), "not valid yet");
    }

    #[test]
    fn what_is_no_certificate_is_said_in_words() {
        assert!(read(" \n", 0).is_empty());
        assert!(!is_readable(&read("hello", 0)));
        assert!(!is_readable(&read("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0)));
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let CertificateView::Unreadable(why) = &read(&key, 0)[0] else { panic!("a key was taken") };
        assert!(why.contains("private key"), "{why}");
    }
}
