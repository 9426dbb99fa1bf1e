//! The face of IAM and STS: the AWS query protocol (`POST /`, form-encoded `Action=...`, XML replies).
//!
//! Which actions there are, the shapes of their replies and their error codes follow botocore's service models
//! `iam/2010-05-08` and `sts/2011-06-15`. The rules are in `packyard_access`; here is only reading and writing.

mod form;
mod policies;
mod roles;
mod sts;
mod users;
mod xml;

use crate::uuid::random_uuid;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use form::Form;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Method, StatusCode};
use packyard_access::iam::{Iam, IamError, IamFault};
use packyard_access::{Access, Caller, Peer, SignatureError, SignedRequest, sha256_hex};
use std::net::{Ipv4Addr, SocketAddr};
use xml::Xml;

/// What an action replies: the inside of `<XResult>`, or nothing where the model has no output.
type Reply = Result<Option<Xml>, IamError>;

/// Bodies are small; the router need not read more of one.
pub(crate) const MAX_BODY: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Iam,
    Sts,
}

impl Service {
    /// By the model's version where it is given, else by the action.
    fn of(form: &Form) -> Self {
        match (form.get("Version"), form.get("Action")) {
            (Some("2011-06-15"), _) => Self::Sts,
            (Some("2010-05-08"), _) => Self::Iam,
            (_, Some(action)) if sts::ACTIONS.contains(&action) => Self::Sts,
            _ => Self::Iam,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }
}

/// Verifies the signature, does the action, answers in XML. The form is the body of a POST, or the query of a GET
/// (a presigned `GetCallerIdentity`).
pub(crate) async fn handle(access: &Access, parts: Parts, body: Bytes) -> Response {
    let request_id = random_uuid();
    let text = if parts.method == Method::GET { parts.uri.query().unwrap_or("").as_bytes() } else { &body };
    let Some(form) = Form::parse(text) else {
        let message = "The request's parameters are not UTF-8, or there are more than any action takes.";
        return error(Service::Iam, &request_id, 400, "MalformedInput", message);
    };
    let service = Service::of(&form);
    let peer = parts.extensions.get::<Peer>().copied().unwrap_or(UNKNOWN_PEER);
    let body_sha256 = sha256_hex(&body);
    let signed = SignedRequest::new(&parts, &body_sha256, service.name(), peer);
    let caller = match access.verify_sigv4(&signed).await {
        Ok(caller) => caller,
        Err(refused) => return unsigned(service, &request_id, &refused),
    };
    let Some(action) = form.get("Action") else {
        return error(service, &request_id, 400, "MissingAction", "The request has no Action parameter.");
    };
    if parts.method == Method::GET && !is_reading(action) {
        let message = format!("{action} changes something, or makes credentials: send it by POST.");
        return error(service, &request_id, 400, "InvalidAction", &message);
    }
    match perform(access, &caller, service, action, &form).await {
        Some(Ok(result)) => success(service, &request_id, action, result),
        Some(Err(refused)) => error(service, &request_id, refused.status(), refused.code(), &refused.to_string()),
        None => {
            let version = form.get("Version").unwrap_or("no version");
            let message = format!(
                "Could not find operation {action} for version {version}: Packyard does not offer it, docs/iam.md lists what it does"
            );
            error(service, &request_id, 400, "InvalidAction", &message)
        }
    }
}

/// What a link may do.
fn is_reading(action: &str) -> bool {
    action.starts_with("Get") || action.starts_with("List")
}

/// Whether a query is a call, as a presigned address has one, and not a page's.
pub(crate) fn is_call(query: &str) -> bool {
    query.split('&').any(|field| field.starts_with("Action=") || field.starts_with("X-Amz-Algorithm="))
}

/// The form was too long to be read; which service was meant is not known.
pub(crate) fn too_large() -> Response {
    let message = format!("The request's body could not be read, or is larger than {MAX_BODY} bytes.");
    error(Service::Iam, &random_uuid(), 413, "RequestEntityTooLarge", &message)
}

/// A request that came without its transport facts counts as the least trusted there is.
const UNKNOWN_PEER: Peer =
    Peer { addr: SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), secure: false };

/// Parameters that would take rights away, or tell who acts, and that nothing here would heed: to leave them out
/// silently would give more than was asked for.
const NOT_HEEDED: &[(&str, &[&str])] = &[
    ("CreateUser", &["PermissionsBoundary"]),
    ("CreateRole", &["PermissionsBoundary"]),
    ("AssumeRole", &["Tags", "TransitiveTagKeys", "SourceIdentity", "SerialNumber", "TokenCode", "ProvidedContexts"]),
];

/// Lists that have more than one page; the others give no marker and take none.
const PAGED: [&str; 2] = ["ListUsers", "ListRoles"];

fn refuse_what_is_not_heeded(action: &str, form: &Form) -> Result<(), IamError> {
    let names = NOT_HEEDED.iter().filter(|(of, _)| *of == action).flat_map(|(_, names)| *names);
    if let Some(name) = names.into_iter().find(|name| form.has(name)) {
        let text = format!("{name} is not supported by this server for {action}, so nothing was done. Leave it out.");
        return Err(IamError::new(IamFault::ValidationError, text));
    }
    if !PAGED.contains(&action) && form.has("Marker") {
        let text = format!("Invalid Marker: {action} answers everything on one page.");
        return Err(IamError::new(IamFault::ValidationError, text));
    }
    Ok(())
}

/// `None`: there is no such action.
async fn perform(access: &Access, caller: &Caller, service: Service, action: &str, form: &Form) -> Option<Reply> {
    if let Err(refused) = form.printable().and_then(|()| refuse_what_is_not_heeded(action, form)) {
        return Some(Err(refused));
    }
    match service {
        Service::Sts => sts::perform(access, caller, action, form).await,
        Service::Iam => {
            let iam: Iam<'_> = access.iam(caller);
            if let Some(reply) = users::perform(iam, action, form).await {
                return Some(reply);
            }
            if let Some(reply) = policies::perform(iam, action, form).await {
                return Some(reply);
            }
            roles::perform(iam, action, form).await
        }
    }
}

fn success(service: Service, request_id: &str, action: &str, result: Option<Xml>) -> Response {
    let body = Xml::root(&format!("{action}Response"), service.namespace(), |xml| {
        if let Some(result) = result {
            xml.node(&format!("{action}Result"), |inside| inside.append(result));
        }
        xml.node("ResponseMetadata", |metadata| {
            metadata.text("RequestId", request_id);
        });
    });
    response(StatusCode::OK, request_id, body)
}

fn unsigned(service: Service, request_id: &str, refused: &SignatureError) -> Response {
    error(service, request_id, refused.query_status(), refused.query_code(), &refused.to_string())
}

fn error(service: Service, request_id: &str, status: u16, code: &str, message: &str) -> Response {
    let body = Xml::root("ErrorResponse", service.namespace(), |xml| {
        xml.node("Error", |error| {
            error.text("Type", if status >= 500 { "Receiver" } else { "Sender" });
            error.text("Code", code).text("Message", message);
        });
        xml.text("RequestId", request_id);
    });
    response(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), request_id, body)
}

fn response(status: StatusCode, request_id: &str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
