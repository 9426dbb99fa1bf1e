//! Where the defaults of masked variables rest: not in the JSON of the variables, but in a text beside it that the store
//! seals. The options of a masked variable go with its default, since one of them is it.

use crate::row::{json, parse};
use crate::{Error, Result, Variable, VariableOption};
use packyard_store::{ProfileSecrets, Profiles, VariablesAt, VariablesOf, VariablesRow, VariablesSealed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Secret {
    #[serde(skip_serializing_if = "String::is_empty")]
    default_value: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<VariableOption>,
}

/// What the JSON of the variables holds where one is masked.
const MASKED: &str = r#""isSensitive":true"#;

fn rests_in_clear(variable: &Variable) -> bool {
    variable.is_sensitive && (!variable.default_value.is_empty() || !variable.options.is_empty())
}

/// The JSON of the variables without what is secret in them, and that.
pub(crate) fn apart(variables: &[Variable]) -> (String, ProfileSecrets) {
    let mut shown = variables.to_vec();
    let mut secrets = BTreeMap::new();
    for variable in shown.iter_mut().filter(|variable| rests_in_clear(variable)) {
        let secret = Secret {
            default_value: std::mem::take(&mut variable.default_value),
            options: std::mem::take(&mut variable.options),
        };
        secrets.insert(variable.name.clone(), secret);
    }
    let text = if secrets.is_empty() { String::new() } else { json(&secrets) };
    (json(&shown), ProfileSecrets::new(text))
}

/// The variables of a row. What a server of before this was sealed has written in clear counts, as the newer of the two.
pub(crate) fn together(uid: &str, variables: &str, secrets: &ProfileSecrets) -> Result<Vec<Variable>> {
    let mut variables: Vec<Variable> = parse(uid, "variables", variables)?;
    if secrets.is_empty() {
        return Ok(variables);
    }
    let mut secrets: BTreeMap<String, Secret> = parse(uid, "secrets", secrets.expose())?;
    for variable in variables.iter_mut().filter(|variable| variable.is_sensitive && !rests_in_clear(variable)) {
        let Secret { default_value, options } = secrets.remove(&variable.name).unwrap_or_default();
        (variable.default_value, variable.options) = (default_value, options);
    }
    Ok(variables)
}

/// Seals what an earlier version left in clear. Interrupted anywhere, the next start goes on; where nothing is left to do,
/// it changes nothing.
pub(crate) async fn seal_what_is_clear(profiles: &Profiles) -> Result<()> {
    let mut sealed = 0;
    for of in [VariablesOf::Versions, VariablesOf::States] {
        sealed += seal_all(profiles, of).await.map_err(Error::Store)?;
    }
    if sealed > 0 {
        tracing::info!(rows = sealed, "sealed the defaults of masked profile variables, which had rested in clear");
    }
    // Perhaps there is no room for it: the next start tries again.
    if let Err(error) = profiles.forget_replaced().await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "copies of what was sealed stay in the database's file"
        );
    }
    Ok(())
}

async fn seal_all(profiles: &Profiles, of: VariablesOf) -> packyard_store::Result<u64> {
    let (mut sealed, mut after) = (0, VariablesAt::default());
    loop {
        let rows = profiles.variables_holding(of, MASKED, &after).await?;
        let Some(last) = rows.last() else { return Ok(sealed) };
        after.clone_from(&last.at);
        let clear: Vec<VariablesSealed> = rows.into_iter().filter_map(to_seal).collect();
        if !clear.is_empty() {
            sealed += profiles.seal_variables(of, &clear).await?;
        }
    }
}

/// A damaged row is left to whoever reads it: no reason not to start.
fn to_seal(row: VariablesRow) -> Option<VariablesSealed> {
    let resting: Vec<Variable> = serde_json::from_str(&row.variables).ok()?;
    if !resting.iter().any(rests_in_clear) {
        return None;
    }
    let whole = together(&row.at.uid, &row.variables, row.secrets.as_ref()?).ok()?;
    let (variables, secrets) = apart(&whole);
    Some(VariablesSealed { row, variables, secrets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables(of: serde_json::Value) -> Vec<Variable> {
        serde_json::from_value(of).expect("variables")
    }

    #[test]
    fn what_is_masked_is_taken_out_and_comes_back() {
        let whole = variables(json!([
            { "name": "size", "defaultValue": "small", "options": [{ "value": "small" }] },
            { "name": "token", "isSensitive": true, "defaultValue": "s3cret" },
            { "name": "tier", "isSensitive": true, "inputType": "dropdown", "options": [{ "value": "g0ld", "default": true }] },
            { "name": "none", "isSensitive": true },
        ]));
        let (shown, secrets) = apart(&whole);
        assert!(shown.contains("small") && !shown.contains("s3cret") && !shown.contains("g0ld"), "{shown}");
        assert!(shown.contains(MASKED), "{shown}");
        assert!(!format!("{secrets:?}").contains("s3cret"));
        assert_eq!(together("u", &shown, &secrets).unwrap(), whole);
        assert!(apart(&whole[..1]).1.is_empty() && apart(&whole[3..]).1.is_empty());
    }

    #[test]
    fn what_an_older_server_wrote_meanwhile_is_the_newer() {
        let (_, secrets) = apart(&variables(json!([
            { "name": "token", "isSensitive": true, "defaultValue": "old" },
            { "name": "key", "isSensitive": true, "defaultValue": "kept" },
            { "name": "open", "isSensitive": true, "defaultValue": "was secret" },
        ])));
        let by_older = json!([
            { "name": "token", "isSensitive": true, "defaultValue": "new" },
            { "name": "key", "isSensitive": true },
            { "name": "open" },
        ]);
        let read = together("u", &by_older.to_string(), &secrets).unwrap();
        let defaults: Vec<&str> = read.iter().map(|variable| variable.default_value.as_str()).collect();
        assert_eq!(defaults, ["new", "kept", ""]);
    }
}
