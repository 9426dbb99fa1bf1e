//! What can be done with a registry of every kind, written once: try its settings out, register it, read, change and forget
//! it. What differs is what a [`Kind`] says of itself: how clients write one, and how they read it.

use super::{MANAGE, READ, Valid, try_out};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Created, Done, Payload, Reply, Uid};
use crate::error::ApiError;
use crate::meta::MetaInput;
use crate::operation::{Operation, Operations};
use crate::page::Query;
use crate::path::Path;
use axum::extract::State;
use packyard_access::Caller;
use packyard_catalog::{Registry, RegistryKind, RegistrySpec, WantedChart};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// A kind of registry, as clients write and read it.
pub(super) trait Kind: Send + Sync + 'static {
    const KIND: RegistryKind;
    /// The query parameter that leaves the first sync to the schedule, where there is one. Other kinds say it in their
    /// settings.
    const SKIP_SYNC: Option<&'static str> = None;
    /// What is sent to register or change one: metadata, and the settings.
    type Input: DeserializeOwned + ToSchema + Send;
    /// How it is reached and what is read of it. These are tried out alone, too.
    type Settings: DeserializeOwned + ToSchema + Send;
    type Reply: Serialize + ToSchema + Send;

    fn parts(input: Self::Input) -> (MetaInput, Self::Settings);

    /// `before` is the registry that is changed.
    fn parse(settings: Self::Settings, before: Option<&RegistrySpec>) -> Result<RegistrySpec, ApiError>;

    /// With its secrets masked.
    fn reply(registry: Registry) -> Self::Reply;

    /// What the caller reads of one registry, where some are shown more than others.
    fn reply_to(
        _state: &ApiState,
        _caller: &Caller,
        registry: Registry,
    ) -> impl Future<Output = Result<Self::Reply, ApiError>> + Send {
        std::future::ready(Ok(Self::reply(registry)))
    }

    /// The name of a new one, where its metadata has none.
    fn name(_settings: &Self::Settings) -> &str {
        ""
    }

    /// Charts without which it is not registered.
    fn wanted_charts(_settings: &Self::Settings) -> Vec<WantedChart> {
        Vec::new()
    }
}

/// What the operations of a kind are called: path, id and summary of each.
pub(super) struct Called {
    pub(super) validate: Operation,
    pub(super) create: Operation,
    pub(super) read: Operation,
    pub(super) update: Operation,
    pub(super) remove: Operation,
}

pub(super) fn operations<K: Kind>(all: Operations, called: Called) -> Operations {
    let starting_a_sync = |operation: Operation| match K::SKIP_SYNC {
        Some(name) => operation.query(name, "boolean", "Leave the first sync to the schedule."),
        None => operation,
    };
    all.on(called.validate.needs(MANAGE).status(204).takes::<K::Settings>(), validate::<K>)
        .on(starting_a_sync(called.create).needs(MANAGE).takes::<K::Input>().gives::<Uid>(), create::<K>)
        .on(called.read.needs(READ).gives::<K::Reply>(), read::<K>)
        .on(starting_a_sync(called.update).needs(MANAGE).takes::<K::Input>(), update::<K>)
        .on(called.remove.needs(MANAGE), remove::<K>)
}

fn spec_of<K: Kind>(
    settings: K::Settings,
    metadata: MetaInput,
    before: Option<&RegistrySpec>,
) -> Result<RegistrySpec, ApiError> {
    Ok(RegistrySpec {
        labels: metadata.labels.unwrap_or_default().into_iter().collect(),
        annotations: metadata.annotations.unwrap_or_default().into_iter().collect(),
        ..K::parse(settings, before)?
    })
}

fn skips_sync<K: Kind>(query: &Query) -> Result<bool, ApiError> {
    K::SKIP_SYNC.map_or(Ok(false), |name| query.flag(name))
}

async fn validate<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Payload(settings): Payload<K::Settings>,
) -> Result<Valid, ApiError> {
    let wanted = K::wanted_charts(&settings);
    let spec = spec_of::<K>(settings, MetaInput::default(), None)?;
    let valid = try_out(&state, &caller, &spec).await?;
    state.catalog.require_charts(&caller, &spec, &wanted).await?;
    Ok(valid)
}

async fn create<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    query: Query,
    Payload(input): Payload<K::Input>,
) -> Result<Created<Uid>, ApiError> {
    let (metadata, settings) = K::parts(input);
    let name = match metadata.name.as_str() {
        "" => K::name(&settings).to_owned(),
        name => name.to_owned(),
    };
    let wanted = K::wanted_charts(&settings);
    let spec = spec_of::<K>(settings, metadata, None)?;
    let skips_sync = skips_sync::<K>(&query)?;
    state.catalog.require_charts(&caller, &spec, &wanted).await?;
    Ok(Created::uid(state.catalog.create_registry(&caller, &name, spec, skips_sync).await?.uid))
}

async fn read<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<K::Reply>, ApiError> {
    let registry = of_kind(&state, &caller, &uid, K::KIND).await?;
    Ok(Reply(K::reply_to(&state, &caller, registry).await?))
}

/// A PUT without a name keeps the name.
async fn update<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    query: Query,
    Payload(input): Payload<K::Input>,
) -> Result<Done, ApiError> {
    let before = of_kind(&state, &caller, &uid, K::KIND).await?;
    let (metadata, settings) = K::parts(input);
    let name = if metadata.name.is_empty() { before.name.clone() } else { metadata.name.clone() };
    let spec = spec_of::<K>(settings, metadata, Some(&before.spec))?;
    state.catalog.update_registry(&caller, &uid, &name, spec, skips_sync::<K>(&query)?).await?;
    Ok(Done)
}

async fn remove<K: Kind>(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Done, ApiError> {
    of_kind(&state, &caller, &uid, K::KIND).await?;
    state.catalog.delete_registry(&caller, &uid).await?;
    Ok(Done)
}

/// A registry of the wanted kind; of another kind it is not found, which is how clients tell the kinds apart.
async fn of_kind(state: &ApiState, caller: &Caller, uid: &str, kind: RegistryKind) -> Result<Registry, ApiError> {
    let registry = state.catalog.registry(caller, uid).await?;
    if registry.spec.kind == kind { Ok(registry) } else { Err(ApiError::not_found("registry", uid)) }
}
