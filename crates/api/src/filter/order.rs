use crate::error::ApiError;
use packyard_catalog::OrderBy;

const FIELDS: [(&str, OrderBy); 10] = [
    ("metadata.name", OrderBy::Name),
    ("spec.name", OrderBy::Name),
    ("spec.displayName", OrderBy::DisplayName),
    ("spec.version", OrderBy::Version),
    ("spec.layer", OrderBy::Layer),
    ("spec.addonType", OrderBy::AddonType),
    ("spec.addOnType", OrderBy::AddonType),
    ("spec.type", OrderBy::Type),
    ("metadata.lastModifiedTimestamp", OrderBy::Updated),
    ("metadata.creationTimestamp", OrderBy::Updated),
];

/// `path=1,path=-1`: field and whether ascending. A path alone ascends.
pub(crate) fn parse_order(text: &str) -> Result<Vec<(OrderBy, bool)>, ApiError> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(one).collect()
}

fn one(part: &str) -> Result<(OrderBy, bool), ApiError> {
    let (path, direction) = part.split_once('=').unwrap_or((part, "1"));
    let Some(&(_, field)) = FIELDS.iter().find(|(known, _)| *known == path.trim()) else {
        let known: Vec<_> = FIELDS.iter().map(|(path, _)| *path).collect();
        return Err(invalid(format!("packs cannot be sorted by `{path}`; known paths are {}", known.join(", "))));
    };
    match direction.trim() {
        "1" => Ok((field, true)),
        "-1" => Ok((field, false)),
        other => Err(invalid(format!("`{other}` is not a direction: 1 ascends, -1 descends"))),
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::bad_request("InvalidOrder", message)
}
