//! Reading pack.json: strict about identity, lenient about the rest. A field of a wrong type is reported and left empty.

use super::{Constraints, Dependency, DependencyKind, FILE, JsonPlaces, Metadata, Resource, ResourceComponent};
use crate::layer::Layer;
use crate::lint::{Finding, rules};
use crate::place::Place;
use crate::shown::shown;
use serde_json::{Map, Value};

/// ECR's and the distribution-spec's bounds for one part of a repository name and for a tag.
const NAME_BYTES: usize = 200;
const VERSION_BYTES: usize = 128;

pub(super) fn parse(text: &str) -> Result<(Metadata, Vec<Finding>), Vec<Finding>> {
    let value: Value = serde_json::from_str(text).map_err(|e| vec![not_json(&e)])?;
    let Value::Object(fields) = value else {
        let message = format!("pack.json holds {}, not an object", kind_of(&value));
        return Err(vec![Finding::new(&rules::NOT_JSON, message).at(Place::at(FILE, 1, 1))]);
    };
    let mut reader = Reader { fields, prefix: String::new(), places: JsonPlaces::of(text), found: Vec::new() };
    reader.duplicates();
    let identity = reader.identity();
    let metadata = reader.rest(identity, text);
    match metadata {
        Some(metadata) => Ok((metadata, reader.found)),
        None => Err(reader.found),
    }
}

fn not_json(error: &serde_json::Error) -> Finding {
    let place = match error.line() {
        0 => Place::file(FILE),
        line => Place::at(FILE, line, error.column().max(1)),
    };
    Finding::new(&rules::NOT_JSON, format!("pack.json is not JSON: {error}")).at(place)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Takes fields out of an object; what is left over is unknown.
struct Reader {
    fields: Map<String, Value>,
    /// Path of the object inside the file, with its dot.
    prefix: String,
    places: JsonPlaces,
    found: Vec<Finding>,
}

struct Identity {
    name: String,
    version: String,
    layer: Layer,
}

impl Reader {
    fn place(&self, path: &str) -> Place {
        self.places.place(path)
    }

    fn duplicates(&mut self) {
        for (path, line, column) in std::mem::take(&mut self.places.duplicates) {
            let message = format!("`{}` is given twice; the later one counts", shown(&path));
            self.found.push(Finding::new(&rules::DUPLICATE_FIELD, message).at(Place::at(FILE, line, column)));
        }
    }

    fn identity(&mut self) -> Option<Identity> {
        let name = self.required("name");
        let version = self.required("version");
        let layer = self.required("layer");
        let name = name.filter(|name| self.usable("name", name, name_problem(name)));
        let version = version.filter(|version| self.usable("version", version, version_problem(version)));
        let layer = layer.and_then(|text| match text.parse::<Layer>() {
            Ok(layer) => Some(layer),
            Err(error) => {
                let place = self.place("layer");
                self.found.push(Finding::new(&rules::UNKNOWN_LAYER, error.to_string()).at(place));
                None
            }
        });
        Some(Identity { name: name?, version: version?, layer: layer? })
    }

    fn usable(&mut self, field: &str, text: &str, problem: Option<&str>) -> bool {
        if let Some(problem) = problem {
            let message = format!("{field} `{}` {problem}", shown(text));
            let hint = format!("{field} becomes part of the repository name and tag the pack is published under");
            let place = self.place(field);
            self.found.push(Finding::new(&rules::UNUSABLE_IDENTITY, message).at(place).hint(hint));
        }
        problem.is_none()
    }

    /// A string that must be there; outer whitespace does not count.
    fn required(&mut self, field: &'static str) -> Option<String> {
        let problem = match self.fields.shift_remove(field) {
            Some(Value::String(text)) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
            Some(Value::String(_)) => format!("`{field}` is empty"),
            Some(other) => format!("`{field}` is {}, not a string", kind_of(&other)),
            None => format!("`{field}` is missing"),
        };
        let place = self.place(field);
        self.found.push(Finding::new(&rules::IDENTITY_MISSING, problem).at(place));
        None
    }

    fn wrong(&mut self, path: &str, value: &Value, wanted: &str) {
        let message = format!("`{}` is {}, not {wanted}; it is ignored", shown(path), kind_of(value));
        let place = self.place(path);
        self.found.push(Finding::new(&rules::WRONG_TYPE, message).at(place));
    }

    fn string(&mut self, field: &str) -> Option<String> {
        let path = format!("{}{field}", self.prefix);
        match self.fields.shift_remove(field)? {
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Null => None,
            other => {
                self.wrong(&path, &other, "a string");
                None
            }
        }
    }

    fn strings(&mut self, field: &str) -> Vec<String> {
        let mut out = Vec::new();
        for (path, item) in self.items(field) {
            match item {
                Value::String(text) => out.push(text.trim().to_owned()),
                other => self.wrong(&path, &other, "a string"),
            }
        }
        out
    }

    fn items(&mut self, field: &str) -> Vec<(String, Value)> {
        let path = format!("{}{field}", self.prefix);
        match self.fields.shift_remove(field) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(i, item)| (format!("{path}.{i}"), item)).collect()
            }
            Some(other) => {
                self.wrong(&path, &other, "an array");
                Vec::new()
            }
        }
    }

    fn object(&mut self, field: &str) -> Map<String, Value> {
        let path = format!("{}{field}", self.prefix);
        match self.fields.shift_remove(field) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(fields)) => fields,
            Some(other) => {
                self.wrong(&path, &other, "an object");
                Map::new()
            }
        }
    }

    /// Reads the object at `path` with the same methods.
    fn within<T>(&mut self, path: &str, value: Value, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let Value::Object(fields) = value else {
            self.wrong(path, &value, "an object");
            return None;
        };
        let outer = std::mem::replace(&mut self.fields, fields);
        let prefix = std::mem::replace(&mut self.prefix, format!("{path}."));
        let out = read(self);
        self.fields = outer;
        self.prefix = prefix;
        Some(out)
    }

    fn rest(&mut self, identity: Option<Identity>, text: &str) -> Option<Metadata> {
        let display_name = self.string("displayName").filter(|n| !n.is_empty());
        let cloud_types = self.cloud_types();
        let annotations = self.annotations();
        let constraints = Value::Object(self.object("constraints"));
        let constraints = self.within("constraints", constraints, Self::constraints).unwrap_or_default();
        let identity = identity?;
        let display_name = display_name.unwrap_or_else(|| {
            let message = "`displayName` is missing; the name is shown instead";
            self.found.push(Finding::new(&rules::DISPLAY_NAME_MISSING, message).at(Place::file(FILE)));
            identity.name.clone()
        });
        Some(Metadata {
            name: identity.name,
            version: identity.version,
            layer: identity.layer,
            display_name,
            cloud_types,
            annotations,
            constraints,
            addon_type: self.string("addonType").unwrap_or_default(),
            addon_sub_type: self.string("addonSubType").unwrap_or_default(),
            charts: self.strings("charts"),
            kube_manifests: self.strings("kubeManifests"),
            ansible_roles: self.strings("ansibleRoles"),
            eol: self.string("eol").unwrap_or_default(),
            group: self.string("group").unwrap_or_default(),
            readme: self.string("readme"),
            kube_version: self.string("kubeVersion"),
            unknown: std::mem::take(&mut self.fields),
            text: text.to_owned(),
            places: std::mem::take(&mut self.places),
        })
    }

    /// `cloudTypes`, or the older `cloudType` with one.
    fn cloud_types(&mut self) -> Vec<String> {
        let mut types = self.strings("cloudTypes");
        if types.is_empty() {
            types.extend(self.string("cloudType"));
        }
        types.retain(|t| !t.is_empty());
        if types.is_empty() {
            let message = "`cloudTypes` is missing or empty; the pack is offered for every cloud";
            self.found.push(Finding::new(&rules::NO_CLOUD_TYPES, message).at(self.place("cloudTypes")));
            types.push("all".to_owned());
        }
        types
    }

    fn annotations(&mut self) -> std::collections::BTreeMap<String, String> {
        let mut out = std::collections::BTreeMap::new();
        for (key, value) in self.object("annotations") {
            match value {
                Value::String(text) => drop(out.insert(key, text)),
                Value::Bool(b) => drop(out.insert(key, b.to_string())),
                Value::Number(n) => drop(out.insert(key, n.to_string())),
                other => self.wrong(&format!("annotations.{key}"), &other, "a string"),
            }
        }
        out
    }

    fn constraints(&mut self) -> Constraints {
        let mut out = Constraints::default();
        for (path, item) in self.items("dependencies") {
            out.dependencies.extend(self.within(&path, item, Self::dependency));
        }
        for (path, item) in self.items("resources") {
            out.resources.extend(self.within(&path, item, Self::resource));
        }
        out
    }

    fn dependency(&mut self) -> Dependency {
        let kind = self.string("type").filter(|t| !t.is_empty()).map(|text| match text.as_str() {
            "required" => DependencyKind::Required,
            "optional" => DependencyKind::Optional,
            "notSupported" => DependencyKind::NotSupported,
            "upgrade" => DependencyKind::Upgrade,
            _ => DependencyKind::Other(text),
        });
        Dependency {
            pack_name: self.string("packName").unwrap_or_default(),
            layer: self.string("layer").unwrap_or_default(),
            kind,
            min_version: self.string("minVersion").unwrap_or_default(),
            max_version: self.string("maxVersion").unwrap_or_default(),
        }
    }

    fn resource(&mut self) -> Resource {
        let min_limit = self.fields.shift_remove("minLimit");
        let min_limit = min_limit.and_then(|value| match value.as_f64() {
            Some(number) => Some(number),
            None => {
                self.wrong(&format!("{}minLimit", self.prefix), &value, "a number");
                None
            }
        });
        let mut components = Vec::new();
        for (path, item) in self.items("components") {
            components.extend(self.within(&path, item, |reader| ResourceComponent {
                schedule_type: reader.string("scheduleType").unwrap_or_default(),
                resource_request_param_ref: reader.string("resourceRequestParamRef").unwrap_or_default(),
                replica_count_param_ref: reader.string("replicaCountParamRef").unwrap_or_default(),
            }));
        }
        Resource { kind: self.string("type").unwrap_or_default(), min_limit, components }
    }
}

/// A name must be one part of an OCI repository name.
pub(crate) fn name_problem(name: &str) -> Option<&'static str> {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    if name.len() > NAME_BYTES {
        Some("is longer than 200 characters")
    } else if !name.chars().all(inner) {
        Some("has characters other than lower-case letters, digits, `.`, `_` and `-`")
    } else if !edge(name.chars().next()) || !edge(name.chars().next_back()) {
        Some("does not start and end with a letter or digit")
    } else if ["..", "._", "_.", "-.", ".-", "-_", "_-", "___"].iter().any(|pair| name.contains(pair)) {
        Some("has separators side by side that no repository name may have")
    } else {
        None
    }
}

/// A version must be an OCI tag, or be one once each `+` is written `_`, as Helm does.
pub(crate) fn version_problem(version: &str) -> Option<&'static str> {
    let first = version.chars().next();
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    if version.len() > VERSION_BYTES {
        Some("is longer than 128 characters")
    } else if !version.chars().all(inner) {
        Some("has characters other than letters, digits, `.`, `_`, `-` and `+`")
    } else if !first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
        Some("does not start with a letter or digit")
    } else {
        None
    }
}
