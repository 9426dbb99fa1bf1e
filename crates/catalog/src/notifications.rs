//! Notifications: a registry (Harbor, ECR by EventBridge, or any that sends the CNCF's events) says that something was
//! pushed, so that its catalogue need not wait for the schedule.
//!
//! Invariants: a notification is taken only with the registry's own secret; nothing in it is believed but that a
//! repository is worth a look, which then is read with the registered credentials as in any sync; what is refused says
//! nothing of what is registered here.

use crate::error::{Doing, Error};
use crate::{Catalog, RegistryKind};
use packyard_access::Caller;
use packyard_oci::{Digest, RepoName, hex};
use packyard_store::{AuditEntry, random_bytes};
use secrecy::SecretString;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use subtle::ConstantTimeEq;

/// Stands before the hex digits of a secret, so that scanners of leaked secrets can find it.
const PREFIX: &str = "pyn_";
/// Why a Helm repository takes none.
const SENDS_NONE: &str = "A Helm repository sends no notifications; choose a shorter interval";
/// Repositories of one notification that are looked at; more are left to the schedule.
const REPOSITORIES: usize = 100;

/// Notifications of a registry, as its page shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notifications {
    /// When the secret was made; `None` when none is taken.
    pub secret_made_ms: Option<i64>,
    pub last_received_ms: Option<i64>,
}

/// Whether a notification is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Its body is worth reading.
    Granted,
    /// No such registry, none that takes notifications, or another secret; which one is not said.
    Refused,
    /// Too many of them.
    TooMany,
}

impl Catalog {
    pub async fn notifications(&self, caller: &Caller, uid: &str) -> Result<Notifications, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        let row = self.packs_store().registry(uid).await.doing("read a registry")?;
        let row = row.ok_or_else(|| Error::registry_not_found(uid))?;
        Ok(Notifications { secret_made_ms: row.notification_secret_made, last_received_ms: row.notification_received })
    }

    /// A new secret for the registry's notifications, shown this once; the one before ends now. Refused where nothing is
    /// synchronised, since nothing would come of them.
    pub async fn new_notification_secret(&self, caller: &Caller, uid: &str) -> Result<SecretString, Error> {
        let secret = format!("{PREFIX}{}", hex(random_bytes::<32>()));
        self.set_notification_hash(caller, uid, "NewNotificationSecret", Some(&hash(&secret))).await?;
        Ok(secret.into())
    }

    /// Takes no notifications any more.
    pub async fn end_notifications(&self, caller: &Caller, uid: &str) -> Result<(), Error> {
        self.set_notification_hash(caller, uid, "EndNotifications", None).await
    }

    async fn set_notification_hash(
        &self,
        caller: &Caller,
        uid: &str,
        action: &'static str,
        hash: Option<&str>,
    ) -> Result<(), Error> {
        self.may(caller, "packyard:ManageRegistries").await?;
        let found = self.find_registry(uid).await?;
        let none = (found.spec.kind == RegistryKind::Helm).then_some(SENDS_NONE);
        if let Some(why) = found.why_not_synced().or(none).filter(|_| hash.is_some()) {
            return Err(Error::invalid("notifications", why));
        }
        let entry = AuditEntry::new(caller.arn(), action, &found.name);
        let changed = self.packs_store().set_notification_hash(uid, hash, entry).await;
        changed.changing(uid, "change the secret of a registry's notifications")
    }

    /// Whether a notification for `uid` that carries `secret` is let in. Nothing of it has been read yet.
    pub async fn admit_notification(&self, uid: &str, secret: &str) -> Result<Admission, Error> {
        let known = self.packs_store().notification_hash(uid).await.doing("look for a registry")?;
        // Compared also when there is none: the answer takes as long.
        let expected = known.clone().unwrap_or_else(|| hash(""));
        let is_right = bool::from(expected.as_bytes().ct_eq(hash(secret).as_bytes())) && known.is_some();
        let bucket = if is_right { uid } else { "" };
        Ok(match self.notification_rate.take(bucket) {
            false => Admission::TooMany,
            true if is_right => Admission::Granted,
            true => Admission::Refused,
        })
    }

    /// Has the repositories read that an admitted notification names and that hold packs. Says how many those are.
    pub async fn note_pushes(&self, uid: &str, body: &Value) -> Result<usize, Error> {
        let row = self.packs_store().registry(uid).await.doing("read a registry")?;
        let registry = crate::stored::registry(row.ok_or_else(|| Error::registry_not_found(uid))?)?;
        let named: Vec<RepoName> = match self.connection(uid).await? {
            Ok(connection) if registry.sync.is_sync_supported => {
                named(body).into_iter().filter(|name| connection.paths.covers(name.as_str())).collect()
            }
            // Settings that cannot be used are said by the next whole run.
            _ => Vec::new(),
        };
        let names: Vec<&str> = named.iter().map(RepoName::as_str).collect();
        self.packs_store().note_pushes(uid, &names).await.doing("note what a notification says")?;
        self.store.core.outbox_bell.notify_one();
        Ok(names.len())
    }
}

fn hash(secret: &str) -> String {
    Digest::sha256(secret.as_bytes()).to_string()
}

/// The repositories that a notification names, in whichever of the known forms it has.
fn named(body: &Value) -> BTreeSet<RepoName> {
    let events = body["events"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = [
        // Harbor: its own form, and CloudEvents.
        &body["event_data"]["repository"]["repo_full_name"],
        &body["data"]["repository"]["repo_full_name"],
        // ECR, as EventBridge passes it on.
        &body["detail"]["repository-name"],
    ];
    // CNCF Distribution and those who took its form.
    let of_events = events.iter().map(|event| &event["target"]["repository"]);
    let names = texts.into_iter().chain(of_events).filter_map(Value::as_str).take(REPOSITORIES);
    names.filter_map(|name| name.parse().ok()).collect()
}

/// Lets so many in a second, and a few more at once: by registry, and all refused ones together.
#[derive(Debug, Clone, Default)]
pub(crate) struct RateLimit(Arc<Mutex<HashMap<String, (u32, Instant)>>>);

const BURST: u32 = 200;
const PER_SECOND: f64 = 20.0;

impl RateLimit {
    fn take(&self, bucket: &str) -> bool {
        self.take_at(bucket, Instant::now())
    }

    fn take_at(&self, bucket: &str, now: Instant) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = buckets.get(bucket).copied().unwrap_or((BURST, now));
        let passed = now.saturating_duration_since(since);
        let refilled = (passed.as_secs_f64() * PER_SECOND) as u32;
        // Time that did not make a whole token is not lost.
        let since =
            if refilled == 0 { since } else { since + Duration::from_secs_f64(f64::from(refilled) / PER_SECOND) };
        let left = left.saturating_add(refilled).min(BURST);
        buckets.insert(bucket.to_owned(), (left.saturating_sub(1), since));
        left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_form_names_its_repositories_and_nothing_else_counts() {
        for (body, names) in [
            (
                json!({ "type": "PUSH_ARTIFACT", "event_data": { "repository": { "repo_full_name": "p/a" } } }),
                vec!["p/a"],
            ),
            (json!({ "specversion": "1.0", "data": { "repository": { "repo_full_name": "p/b" } } }), vec!["p/b"]),
            (json!({ "detail-type": "ECR Image Action", "detail": { "repository-name": "p/c" } }), vec!["p/c"]),
            (
                json!({ "events": [{ "target": { "repository": "p/d" } }, { "target": { "repository": "p/e" } }] }),
                vec!["p/d", "p/e"],
            ),
            (json!({ "detail": { "repository-name": "../../etc" } }), vec![]),
            (json!({ "detail": { "repository-name": 7 }, "events": "x" }), vec![]),
            (json!([1, 2]), vec![]),
            (json!(null), vec![]),
        ] {
            assert_eq!(named(&body).iter().map(RepoName::as_str).collect::<Vec<_>>(), names, "{body}");
        }
    }

    #[test]
    fn a_flood_is_held_back_and_a_trickle_is_not() {
        let (rate, start) = (RateLimit::default(), Instant::now());
        let taken = (0..1000).filter(|_| rate.take_at("a", start)).count();
        assert_eq!(taken, BURST as usize);
        assert!(rate.take_at("b", start), "each has its own");
        let later = |ms| start + Duration::from_millis(ms);
        let taken = (1..=100).filter(|n| rate.take_at("a", later(n * 10))).count();
        assert!((19..=21).contains(&taken), "{taken} in a second");
    }
}
