//! What a call took away may have been the last of its kind: how to have it again, said when the call went well.

/// `packyard admin` works on the data folder of a server that is stopped.
const STOPPED: &str = "on the server's machine, while the server is stopped";

pub(super) fn of(action: &str, parameters: &[(String, String)]) -> Option<String> {
    let given = |name: &str| parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let user = given("UserName");
    let is_off = action == "UpdateAccessKey" && given("Status") == Some("Inactive");
    match (action, user) {
        ("DeleteLoginProfile", Some(user)) => Some(format!(
            "{user} has no password now; `packyard iam create-login-profile --user-name {user}` gives one, and so does \
             `packyard admin reset-password --email {user}` {STOPPED}"
        )),
        // Without a name it is a key of the caller's own, who may be the account root.
        ("DeleteAccessKey", None) => Some(own_key("is gone")),
        ("UpdateAccessKey", None) if is_off => Some(own_key("is switched off")),
        _ => None,
    }
}

fn own_key(what: &str) -> String {
    format!("the key {what}; if it was the account root's, `packyard admin rotate-root-key` makes another {STOPPED}")
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn only_what_may_lock_somebody_out_is_followed_by_the_way_back() {
        let said = |action: &str, given: &[(&str, &str)]| {
            let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            of(action, &given).unwrap_or_default()
        };
        assert!(said("DeleteLoginProfile", &[("UserName", "jo")]).contains("reset-password --email jo`"));
        assert!(said("DeleteAccessKey", &[("AccessKeyId", "AKIA")]).contains("is gone; if it was the account root's"));
        assert!(said("UpdateAccessKey", &[("Status", "Inactive")]).contains("rotate-root-key"));
        for (action, given) in [
            ("DeleteAccessKey", [("UserName", "jo")]),
            ("UpdateAccessKey", [("Status", "Active")]),
            ("DeleteUser", [("UserName", "jo")]),
        ] {
            assert_eq!(said(action, &given), "", "{action}");
        }
    }
}
