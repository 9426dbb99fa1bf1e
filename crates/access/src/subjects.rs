//! What is remembered of stored identities, so that a warm decision needs no I/O.
//!
//! Invariant: an entry read before a change never outlives that change's `forget`. Loads note the generation first and
//! are kept only if it is still the same. Changes of other replicas are found by asking the store for its version, at
//! most once per `change_lag_ms`; the request that finds it due does the asking.

use crate::documents::Documents;
use crate::policy::{DocumentKind, Policy, in_project, managed_policy};
use crate::principal::{Kind, Principal};
use packyard_oci::unique_keys;
use packyard_store::identity::{AccessKeyRow, ApiKeyRow, Identity, PrincipalKind, PrincipalRow};
use packyard_store::{Clock, Error, Result, Sealer};
use secrecy::SecretString;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// A stored principal with its parsed policies.
pub(crate) struct Subject {
    pub(crate) row: PrincipalRow,
    pub(crate) principal: Arc<Principal>,
    pub(crate) policies: Vec<Arc<Policy>>,
    /// Uids of the projects in which it has roles of their own.
    pub(crate) projects: Vec<String>,
}

impl Subject {
    pub(crate) fn arn(&self) -> &str {
        &self.principal.arn
    }
}

pub(crate) struct KnownAccessKey {
    pub(crate) id: String,
    pub(crate) principal: String,
    pub(crate) secret: SecretString,
    pub(crate) active: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum ApiKeyBy<'a> {
    Uid(&'a str),
    Digest(&'a str),
}

/// Entries of each kind that are remembered; beyond it everything of the kind is forgotten.
const CAPACITY: usize = 10_000;

struct Memory<K, V>(HashMap<K, V>);

impl<K: Hash + Eq, V> Memory<K, V> {
    fn insert(&mut self, key: K, value: V) {
        if self.0.len() >= CAPACITY {
            self.0.clear();
        }
        self.0.insert(key, value);
    }
}

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Default)]
struct Remembered {
    subjects: Memory<String, Option<Arc<Subject>>>,
    access_keys: Memory<String, Option<Arc<KnownAccessKey>>>,
    api_keys: Memory<String, Option<Arc<ApiKeyRow>>>,
    documents: Documents,
    /// Keyed digests of right passwords: principal, its login epoch, until when.
    passwords: Memory<[u8; 32], (String, i64, i64)>,
}

pub(crate) struct Subjects {
    store: Identity,
    sealer: Sealer,
    clock: Arc<dyn Clock>,
    account_id: String,
    change_lag_ms: i64,
    remembered: RwLock<Remembered>,
    generation: AtomicU64,
    seen_version: AtomicI64,
    looked_at: AtomicI64,
}

impl Subjects {
    pub(crate) fn new(
        store: Identity,
        sealer: Sealer,
        clock: Arc<dyn Clock>,
        account_id: String,
        change_lag_ms: i64,
    ) -> Self {
        Self {
            store,
            sealer,
            clock,
            account_id,
            change_lag_ms,
            remembered: RwLock::default(),
            generation: AtomicU64::new(0),
            seen_version: AtomicI64::new(-1),
            looked_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Called after every change this process makes.
    pub(crate) fn forget(&self) {
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        self.generation.fetch_add(1, Ordering::SeqCst);
        remembered.subjects.0.clear();
        remembered.access_keys.0.clear();
        remembered.api_keys.0.clear();
        remembered.passwords.0.clear();
    }

    /// Forgets what another replica has changed meanwhile.
    async fn look(&self) -> Result<()> {
        let now = self.clock.now_ms();
        let before = self.looked_at.load(Ordering::Acquire);
        let due = now < before || now.saturating_sub(before) >= self.change_lag_ms;
        if !due || self.looked_at.compare_exchange(before, now, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return Ok(());
        }
        let version = self.store.version().await.inspect_err(|_| self.looked_at.store(before, Ordering::Release))?;
        if self.seen_version.swap(version, Ordering::AcqRel) != version {
            self.forget();
        }
        Ok(())
    }

    fn read<T>(&self, get: impl FnOnce(&Remembered) -> Option<T>) -> Option<T> {
        get(&self.remembered.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, generation: u64, put: impl FnOnce(&mut Remembered)) {
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if self.generation.load(Ordering::SeqCst) == generation {
            put(&mut remembered);
        }
    }

    pub(crate) async fn by_uid(&self, uid: &str) -> Result<Option<Arc<Subject>>> {
        self.look().await?;
        if let Some(known) = self.read(|r| r.subjects.0.get(uid).cloned()) {
            return Ok(known);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let found = match self.store.principal(uid).await? {
            Some(row) => Some(Arc::new(self.load(row).await?)),
            None => None,
        };
        self.keep(generation, |r| r.subjects.insert(uid.to_owned(), found.clone()));
        Ok(found)
    }

    /// By user name or email address. Not remembered by name: it is asked only when somebody logs in.
    pub(crate) async fn by_login(&self, login: &str) -> Result<Option<Arc<Subject>>> {
        let row = match self.store.principal_with_email(login).await? {
            Some(row) => Some(row),
            None => self.store.principal_named(PrincipalKind::User, login).await?,
        };
        match row {
            Some(row) => self.by_uid(&row.uid).await,
            None => Ok(None),
        }
    }

    pub(crate) async fn access_key(&self, id: &str) -> Result<Option<Arc<KnownAccessKey>>> {
        self.look().await?;
        if let Some(known) = self.read(|r| r.access_keys.0.get(id).cloned()) {
            return Ok(known);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let found = match self.store.access_key(id).await? {
            Some(row) => Some(Arc::new(self.unseal(row)?)),
            None => None,
        };
        self.keep(generation, |r| r.access_keys.insert(id.to_owned(), found.clone()));
        Ok(found)
    }

    pub(crate) async fn api_key(&self, by: ApiKeyBy<'_>) -> Result<Option<Arc<ApiKeyRow>>> {
        self.look().await?;
        // A uid and a digest never look alike: 24 and 64 digits.
        let (ApiKeyBy::Uid(name) | ApiKeyBy::Digest(name)) = by;
        if let Some(known) = self.read(|r| r.api_keys.0.get(name).cloned()) {
            return Ok(known);
        }
        let generation = self.generation.load(Ordering::SeqCst);
        let found = match by {
            ApiKeyBy::Uid(uid) => self.store.api_key(uid).await?,
            ApiKeyBy::Digest(digest) => self.store.api_key_with_digest(digest).await?,
        };
        let found = found.map(Arc::new);
        self.keep(generation, |r| r.api_keys.insert(name.to_owned(), found.clone()));
        Ok(found)
    }

    /// A document that is not a policy is `None`, and denies.
    pub(crate) fn document(&self, text: &str, kind: DocumentKind) -> Option<Arc<Policy>> {
        if let Some(known) = self.read(|r| r.documents.get(text, kind)) {
            return known;
        }
        if let Err(error) = unique_keys::check(text.as_bytes()) {
            tracing::warn!(%error, "a stored policy has a key twice, of which the last counts; set it again with what it is to say");
        }
        let parsed = Policy::parse_stored(text, kind)
            .inspect_err(|error| tracing::error!(%error, "a stored policy cannot be read; it counts as deny"))
            .ok()
            .map(Arc::new);
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        remembered.documents.insert(text, kind, parsed.clone());
        parsed
    }

    pub(crate) fn remembered_password(&self, digest: &[u8; 32]) -> Option<(String, i64)> {
        let now = self.clock.now_ms();
        self.read(|r| r.passwords.0.get(digest).filter(|(.., until)| *until > now).cloned())
            .map(|(uid, epoch, _)| (uid, epoch))
    }

    pub(crate) fn remember_password(&self, digest: [u8; 32], uid: &str, epoch: i64, until: i64) {
        let generation = self.generation.load(Ordering::SeqCst);
        self.keep(generation, |r| r.passwords.insert(digest, (uid.to_owned(), epoch, until)));
    }

    fn unseal(&self, row: AccessKeyRow) -> Result<KnownAccessKey> {
        let secret = self.sealer.open(&AccessKeyRow::place(&row.id), &row.secret)?;
        let secret =
            String::from_utf8(secret).map_err(|_| Error::Corrupt(format!("the secret of {} is no text", row.id)))?;
        let active = row.is_active();
        Ok(KnownAccessKey { id: row.id, principal: row.principal, secret: SecretString::from(secret), active })
    }

    async fn load(&self, row: PrincipalRow) -> Result<Subject> {
        let set = self.store.policies(&row.uid).await?;
        let tags = self.store.principal_tags(&row.uid).await?;
        let mut policies = Vec::new();
        for inline in &set.inline {
            policies.push(self.identity_policy(&row, &inline.name, &inline.document)?);
        }
        for arn in &set.attached {
            let managed = managed_policy(arn)
                .ok_or_else(|| Error::Corrupt(format!("{} has the unknown managed policy {arn}", row.name)))?;
            policies.push(self.identity_policy(&row, arn, managed.document)?);
        }
        for (project, arn) in &set.in_projects {
            let managed = managed_policy(arn)
                .ok_or_else(|| Error::Corrupt(format!("{} has the unknown role {arn} in a project", row.name)))?;
            let document = in_project(managed, &self.account_id, project);
            policies.push(self.identity_policy(&row, arn, &document)?);
        }
        let mut projects: Vec<String> = set.in_projects.into_iter().map(|(project, _)| project).collect();
        projects.dedup();
        Ok(Subject { principal: Arc::new(self.describe(&row, tags)), row, policies, projects })
    }

    /// A stored document that cannot be read might have held a deny, so the whole principal is unusable.
    fn identity_policy(&self, row: &PrincipalRow, name: &str, document: &str) -> Result<Arc<Policy>> {
        self.document(document, DocumentKind::Identity)
            .ok_or_else(|| Error::Corrupt(format!("the policy {name} of {} cannot be read", row.name)))
    }

    fn describe(&self, row: &PrincipalRow, tags: Vec<(String, String)>) -> Principal {
        Principal {
            uid: row.uid.clone(),
            arn: principal_arn(&self.account_id, row),
            name: row.name.clone(),
            kind: match row.kind() {
                PrincipalKind::Root => Kind::Root,
                PrincipalKind::User | PrincipalKind::Role => Kind::User,
            },
            account_id: self.account_id.clone(),
            user_id: row.aws_id.clone(),
            email: row.email.clone(),
            first_name: row.first_name.clone(),
            last_name: row.last_name.clone(),
            tags,
        }
    }
}

/// `arn:aws:iam::<account>:user/path/name`, `.../role/...`, `...:root`.
pub(crate) fn principal_arn(account_id: &str, row: &PrincipalRow) -> String {
    match row.kind() {
        PrincipalKind::Root => format!("arn:aws:iam::{account_id}:root"),
        PrincipalKind::User => format!("arn:aws:iam::{account_id}:user{}{}", row.path, row.name),
        PrincipalKind::Role => format!("arn:aws:iam::{account_id}:role{}{}", row.path, row.name),
    }
}
