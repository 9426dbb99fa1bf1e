//! Names and pages of what the audit log speaks of, asked once for all rows of a page.

use crate::ConsoleState;
use crate::visit::Visit;
use std::collections::HashMap;

const API_KEYS: &str = "/settings/api-keys";

/// Name and address by what the log calls the object.
pub(super) struct Objects(HashMap<String, (String, String)>);

impl Objects {
    /// Of these objects those that the visitor may see; the rest has no link.
    pub(super) async fn read(state: &ConsoleState, visit: &Visit, objects: impl Iterator<Item = &str>) -> Self {
        let mut asked: Vec<&str> = objects.filter(|object| !object.is_empty()).collect();
        asked.sort_unstable();
        asked.dedup();
        let mut known = HashMap::new();
        for (uid, (name, version)) in state.profiles.names(visit.caller(), &asked).await.unwrap_or_default() {
            let address = format!("/profiles/{uid}");
            known.insert(uid, (format!("{name} {version}"), address));
        }
        for (uid, name) in state.catalog.registries_called(visit.caller(), &asked).await.unwrap_or_default() {
            let address = format!("/settings/registries/{uid}");
            // The log names registries by their name.
            known.insert(uid, (name.clone(), address.clone()));
            known.insert(name.clone(), (name, address));
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
        // Keys have no page of their own.
        for key in state.access.list_api_keys(visit.caller()).await.unwrap_or_default() {
            known.insert(key.uid, (key.name, API_KEYS.to_owned()));
        }
        Self(known)
    }

    pub(super) fn find(&self, object: &str) -> Option<(&str, &str)> {
        self.0.get(object).map(|(name, address)| (name.as_str(), address.as_str()))
    }
}
