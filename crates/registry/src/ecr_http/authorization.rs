//! GetAuthorizationToken: the password that goes with user name `AWS` at `/v2`.

use super::call::Call;
use super::error::EcrError;
use super::{input, reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use packyard_access::Target;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// One element per registry asked for. The token is the principal's, not the registry's, and there is but one
/// registry here: each element leads to it.
pub(crate) async fn get(call: &Call<'_>, input: input::GetAuthorizationToken) -> Result<Value, EcrError> {
    call.may(&Target::any()).await?;
    let token = call.registry.access().ecr_token(&call.caller).await;
    let data = json!({
        "authorizationToken": STANDARD.encode(format!("AWS:{}", token.password.expose_secret())),
        "expiresAt": reply::seconds(token.expires_at_ms),
        "proxyEndpoint": call.registry.config().public_url,
    });
    let count = input.registry_ids.map_or(1, |ids| ids.len());
    Ok(json!({ "authorizationData": vec![data; count] }))
}
