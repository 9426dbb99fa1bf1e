//! Limits in the settings file.

use super::LimitSetting;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The table `[limits]` of packyard.toml; `pack.entries = 9` and a table `[limits.pack]` mean the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct LimitsTable(pub(super) Vec<LimitSetting>);

impl<'de> Deserialize<'de> for LimitsTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut settings = Vec::new();
        flatten("", &toml::Table::deserialize(deserializer)?, &mut settings).map_err(D::Error::custom)?;
        Ok(Self(settings))
    }
}

fn flatten(prefix: &str, table: &toml::Table, settings: &mut Vec<LimitSetting>) -> Result<(), String> {
    for (key, value) in table {
        let name = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner) => flatten(&format!("{name}."), inner, settings)?,
            toml::Value::Integer(number) => settings.push(LimitSetting::new(&name, &number.to_string())?),
            toml::Value::String(text) => settings.push(LimitSetting::new(&name, text.trim())?),
            other => return Err(format!("{name}: a limit is a number or a text, not a {}", other.type_str())),
        }
    }
    Ok(())
}
