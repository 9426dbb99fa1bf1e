//! `Link: <…>; rel="next"` (RFC 8288), as registries page their lists.

/// The target of the `next` link, as it stands there.
pub(crate) fn next_link(header: &str) -> Option<&str> {
    let mut rest = header;
    while let Some(start) = rest.find('<') {
        let end = start + rest[start..].find('>')?;
        let target = &rest[start + 1..end];
        let after = &rest[end + 1..];
        // The parameters of this link reach to the next `<`; a comma inside them is not looked for.
        let parameters = &after[..after.find('<').unwrap_or(after.len())];
        if parameters.split(';').any(is_rel_next) {
            return Some(target);
        }
        rest = after;
    }
    None
}

fn is_rel_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let value = value.trim().trim_end_matches(',').trim().trim_matches('"');
    name.trim().eq_ignore_ascii_case("rel") && value.split_whitespace().any(|rel| rel.eq_ignore_ascii_case("next"))
}

#[cfg(test)]
mod tests {
    use super::next_link;

    #[test]
    fn forms_of_the_field() {
        for (header, expected) in [
            (r#"</v2/a/tags/list?last=b&n=1>; rel="next""#, Some("/v2/a/tags/list?last=b&n=1")),
            ("<https://h/v2/_catalog?last=x>; rel=next", Some("https://h/v2/_catalog?last=x")),
            (r#"</a>; rel="prev", </b>; rel="next""#, Some("/b")),
            (r#"</a>; title="x"; REL="next last""#, Some("/a")),
            ("</a>; rel=prev", None),
            ("</a>", None),
            ("<a", None),
            ("", None),
        ] {
            assert_eq!(next_link(header), expected, "{header}");
        }
    }
}
