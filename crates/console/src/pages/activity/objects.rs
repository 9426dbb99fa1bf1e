//! Names and pages of what the audit log speaks of, read once for a whole page.

use crate::ConsoleState;
use crate::visit::Visit;
use std::collections::HashMap;

/// Name and address by what the log calls the object.
pub(super) struct Objects(HashMap<String, (String, String)>);

impl Objects {
    /// What the visitor may see; the rest has no link.
    pub(super) async fn read(state: &ConsoleState, visit: &Visit) -> Self {
        let mut known = HashMap::new();
        for profile in state.profiles.list(visit.caller(), None).await.unwrap_or_default() {
            let name = format!("{} {}", profile.name, profile.version);
            let address = format!("/profiles/{}", profile.uid);
            known.insert(profile.uid, (name, address));
        }
        for registry in state.catalog.registries(visit.caller()).await.unwrap_or_default() {
            let address = format!("/settings/registries/{}", registry.uid);
            // The log names registries by their name.
            known.insert(registry.uid, (registry.name.clone(), address.clone()));
            known.insert(registry.name.clone(), (registry.name, address));
        }
        // Users by their ARN.
        for known_user in state.access.iam(visit.caller()).directory().await.unwrap_or_default() {
            let user = known_user.user;
            let address = format!("/settings/users?q={}", crate::form::encode(&user.name));
            known.insert(user.arn, (user.name, address));
        }
        for project in state.profiles.projects().list(visit.caller()).await.unwrap_or_default() {
            let address = format!("/settings/projects/{}", project.uid);
            known.insert(project.uid, (project.name, address));
        }
        Self(known)
    }

    pub(super) fn find(&self, object: &str) -> Option<(&str, &str)> {
        self.0.get(object).map(|(name, address)| (name.as_str(), address.as_str()))
    }
}
