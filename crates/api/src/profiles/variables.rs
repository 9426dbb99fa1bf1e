//! Variables of a profile.

use super::{MANAGE, READ, input};
use crate::ApiState;
use crate::auth::Auth;
use crate::body::{Done, Payload, Reply};
use crate::error::ApiError;
use crate::operation::{Operations, delete, get, patch, put};
use crate::path::Path;
use axum::extract::State;
use packyard_profile::{Variable, VariableOption};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const PATH: &str = "/v1/clusterprofiles/{uid}/variables";

pub(super) fn operations(all: Operations) -> Operations {
    all.on(get(PATH, "V1ClusterProfilesUidVariablesGet", "Variables, in order").needs(READ).gives::<Variables>(), read)
        .on(
            put(PATH, "V1ClusterProfilesUidVariablesPut", "Replace all variables").needs(MANAGE).takes::<Variables>(),
            replace,
        )
        .on(
            patch(PATH, "V1ClusterProfilesUidVariablesPatch", "Add variables, or replace those of the same name")
                .needs(MANAGE)
                .takes::<Variables>(),
            merge,
        )
        .on(
            delete(PATH, "V1ClusterProfilesUidVariablesDelete", "Delete variables by name")
                .needs(MANAGE)
                .takes::<VariableNames>(),
            remove,
        )
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
pub(super) struct Variables {
    #[serde(default)]
    variables: Vec<VariableShape>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
struct VariableNames {
    #[serde(default)]
    variables: Vec<String>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Variable)]
pub(super) struct VariableShape {
    #[serde(default)]
    name: String,
    #[serde(default)]
    display_name: String,
    /// string, number, boolean, ipv4, ipv4cidr, ipv6, version or base64.
    #[serde(default)]
    format: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    default_value: String,
    #[serde(default)]
    regex: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    immutable: bool,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    is_sensitive: bool,
    /// text, dropdown or multiline.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[serde(default)]
    input_type: String,
    #[serde(default)]
    options: Vec<VariableOptionShape>,
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[schema(as = VariableOption)]
struct VariableOptionShape {
    #[serde(default)]
    value: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    default: bool,
}

impl TryFrom<VariableShape> for Variable {
    type Error = ApiError;

    fn try_from(given: VariableShape) -> Result<Self, ApiError> {
        let wrong = |field: &str, why: String| {
            ApiError::bad_request("InvalidField", format!("{field} of variable {}: {why}", given.name))
        };
        let format = match given.format.as_str() {
            "" => packyard_profile::VariableFormat::String,
            text => text.parse().map_err(|why| wrong("format", why))?,
        };
        let input_type = match given.input_type.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|why| wrong("inputType", why))?),
        };
        let options = given.options.into_iter().map(|option| VariableOption {
            value: option.value,
            label: option.label,
            description: option.description,
            default: option.default,
        });
        Ok(Self {
            format,
            input_type,
            options: options.collect(),
            name: given.name,
            display_name: given.display_name,
            description: given.description,
            default_value: given.default_value,
            regex: given.regex,
            required: given.required,
            immutable: given.immutable,
            hidden: given.hidden,
            is_sensitive: given.is_sensitive,
        })
    }
}

impl From<Variable> for VariableShape {
    fn from(variable: Variable) -> Self {
        let options = variable.options.into_iter().map(|option| VariableOptionShape {
            value: option.value,
            label: option.label,
            description: option.description,
            default: option.default,
        });
        Self {
            options: options.collect(),
            name: variable.name,
            display_name: variable.display_name,
            format: variable.format.to_string(),
            description: variable.description,
            default_value: variable.default_value,
            regex: variable.regex,
            required: variable.required,
            immutable: variable.immutable,
            hidden: variable.hidden,
            is_sensitive: variable.is_sensitive,
            input_type: variable.input_type.map(|kind| kind.to_string()).unwrap_or_default(),
        }
    }
}

async fn read(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
) -> Result<Reply<Variables>, ApiError> {
    let profile = state.profiles.get(&caller, &uid).await?;
    Ok(Reply(Variables { variables: profile.variables.into_iter().map(VariableShape::from).collect() }))
}

async fn replace(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<Variables>,
) -> Result<Done, ApiError> {
    state.profiles.set_variables(&caller, &uid, input::variables(body.variables)?).await?;
    Ok(Done)
}

async fn merge(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<Variables>,
) -> Result<Done, ApiError> {
    state.profiles.merge_variables(&caller, &uid, input::variables(body.variables)?).await?;
    Ok(Done)
}

async fn remove(
    State(state): State<ApiState>,
    Auth(caller): Auth,
    Path(uid): Path<String>,
    Payload(body): Payload<VariableNames>,
) -> Result<Done, ApiError> {
    state.profiles.remove_variables(&caller, &uid, &body.variables).await?;
    Ok(Done)
}
