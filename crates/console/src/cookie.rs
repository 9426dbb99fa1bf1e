//! The console's cookies: the session, the theme, the scope, and one toast on its way to the next page.

use crate::form;
use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};

pub(crate) const SESSION: &str = "packyard_session";
pub(crate) const THEME: &str = "packyard_theme";
pub(crate) const SCOPE: &str = "packyard_scope";
pub(crate) const TOAST: &str = "packyard_toast";

pub(crate) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let value =
        lines.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))?;
    form::decode(value)
}

/// All of them are out of reach of scripts and of other sites.
pub(crate) fn set(reply: &mut Response, name: &str, value: &str, max_age_s: Option<i64>, is_secure: bool) {
    let mut line = format!("{name}={}; Path=/; HttpOnly; SameSite=Strict", form::encode(value));
    if let Some(seconds) = max_age_s {
        line.push_str(&format!("; Max-Age={seconds}"));
    }
    if is_secure {
        line.push_str("; Secure");
    }
    if let Ok(line) = HeaderValue::from_str(&line) {
        reply.headers_mut().append(header::SET_COOKIE, line);
    }
}

pub(crate) fn clear(reply: &mut Response, name: &str, is_secure: bool) {
    set(reply, name, "", Some(0), is_secure);
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    #[test]
    fn a_cookie_comes_back_as_it_was_set() {
        let mut reply = ().into_response();
        set(&mut reply, TOAST, "Registry “a; b” added", Some(60), true);
        let line = reply.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(line.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"), "{line}");
        let sent = format!("other=1; {}", line.split(';').next().unwrap());
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&sent).unwrap())]);
        assert_eq!(read(&headers, TOAST).as_deref(), Some("Registry “a; b” added"));
        assert_eq!(read(&headers, "packyard"), None);
    }
}
