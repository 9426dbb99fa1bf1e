//! What Palette's API has and this server has not, with what to do instead.
//!
//! A Terraform configuration for all of Palette meets these; its reader sees the message and nothing else.

/// Beginnings of paths below `/v1/`; `*` is any one part. The first that fits counts.
const ADVICE: [(&str, &str); 16] = [
    ("teams", "there are no teams here: give each user its roles, in the tenant or in projects"),
    ("users/*/resourceRoles", "roles are given in the tenant and in projects here, not by resource"),
    ("users/assets", CLUSTERS),
    ("workspaces", "there are no workspaces here: give roles in the tenant or in projects"),
    ("roles", "roles are managed policies here, which GET /v1/roles lists; rights of your own are policies of IAM"),
    ("permissions", "what a role allows is listed by GET /v1/roles; rights of your own are policies of IAM"),
    ("filters", "there are no tag filters here: roles are given in the tenant and in projects"),
    ("tenants", "of a tenant only its macros are kept here; limits and sessions are settings of the server"),
    ("spectroclusters", CLUSTERS),
    ("cloudconfigs", CLUSTERS),
    ("cloudaccounts", CLUSTERS),
    ("clouds", CLUSTERS),
    ("clustergroups", CLUSTERS),
    ("edgehosts", CLUSTERS),
    ("appProfiles", CLUSTERS),
    ("overlords", CLUSTERS),
];
const CLUSTERS: &str = "this server keeps registries, packs and cluster profiles, and manages no clusters";

/// What to do instead of what a path asks for.
pub(crate) fn advice(path: &str) -> Option<&'static str> {
    let asked: Vec<&str> = path.strip_prefix("/v1/")?.split('/').collect();
    let fits = |beginning: &str| {
        let parts: Vec<&str> = beginning.split('/').collect();
        parts.len() <= asked.len() && parts.iter().zip(&asked).all(|(part, asked)| *part == "*" || part == asked)
    };
    ADVICE.iter().find(|(beginning, _)| fits(beginning)).map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::advice;

    #[test]
    fn advice_is_for_whole_parts_of_a_path() {
        assert!(advice("/v1/teams").unwrap().contains("no teams"));
        assert!(advice("/v1/teams/x/projects").unwrap().contains("no teams"));
        assert!(advice("/v1/users/x/resourceRoles").unwrap().contains("not by resource"));
        assert!(advice("/v1/users/assets/sshkeys").unwrap().contains("clusters"));
        for other in ["/v1/teamsters", "/v1/users/x/roles", "/v1/users", "/v1", "/v2/teams", "/v1/"] {
            assert_eq!(advice(other), None, "{other}");
        }
    }
}
