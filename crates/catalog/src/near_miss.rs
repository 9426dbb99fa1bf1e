//! Near misses of a registry whose endpoint has a path: what was typed after the host stands before every base content
//! path, and so it is no part of what has to be typed there.

use crate::NearMiss;
use crate::paths::ARCHIVE;

/// The same near miss for somebody who typed `before` after the host.
pub(crate) fn seen_from(before: &str, miss: NearMiss) -> NearMiss {
    let Some(base) = miss.base.clone() else { return miss };
    if base == before {
        let fix =
            format!("Leave the base content path empty if they belong here: the endpoint names `{before}` already.");
        return NearMiss { fix, base: Some(String::new()), ..miss };
    }
    match base.strip_prefix(before).and_then(|rest| rest.strip_prefix('/')) {
        Some(rest) => {
            let fix = format!("Put `{rest}` into the base content path if they belong here.");
            NearMiss { fix, base: Some(rest.to_owned()), ..miss }
        }
        None => {
            let whole = if base.is_empty() { ARCHIVE.to_owned() } else { format!("{base}/{ARCHIVE}") };
            let fix = format!("Take `{before}` out of the endpoint to search `{whole}`.");
            NearMiss { fix, base: None, ..miss }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_endpoint_names_is_not_typed_again() {
        let seen = |base: Option<&str>| {
            let miss = NearMiss {
                repository: "r".to_owned(),
                why: "w".to_owned(),
                fix: "as it was".to_owned(),
                base: base.map(str::to_owned),
            };
            let seen = seen_from("proj", miss);
            (seen.fix, seen.base)
        };
        assert_eq!(seen(Some("proj")).1.as_deref(), Some(""));
        assert_eq!(seen(Some("proj/team")).1.as_deref(), Some("team"));
        let (fix, base) = seen(Some("project"));
        assert!(fix.contains("Take `proj` out of the endpoint") && base.is_none(), "{fix}");
        assert_eq!(seen(None), ("as it was".to_owned(), None));
    }
}
