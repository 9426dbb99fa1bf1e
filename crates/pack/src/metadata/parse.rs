//! Reading pack.json: strict about identity, lenient about the rest. A field of a wrong type is reported and left empty.

use super::names::{name_problem, version_problem};
use super::reader::{Reader, kind_of};
use super::{Constraints, Dependency, DependencyKind, FILE, JsonPlaces, Metadata, Resource, ResourceComponent};
use crate::layer::Layer;
use crate::lint::{Finding, rules};
use crate::place::Place;
use crate::shown::shown;
use serde_json::Value;

/// What editors on Windows put before a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

pub(super) fn parse(text: &str) -> Result<(Metadata, Vec<Finding>), Vec<Finding>> {
    let value: Value = serde_json::from_str(text).map_err(|e| vec![not_json(text, &e)])?;
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

fn not_json(text: &str, error: &serde_json::Error) -> Finding {
    if text.starts_with(BYTE_ORDER_MARK) {
        // The place alone shows a brace with nothing wrong about it: the mark is not seen.
        let message = "pack.json begins with a byte order mark, an invisible character that JSON does not allow";
        let hint = "Save the file as UTF-8 without a byte order mark; some editors call that \"UTF-8\" beside \"UTF-8 with BOM\".";
        return Finding::new(&rules::NOT_JSON, message).at(Place::at(FILE, 1, 1)).hint(hint);
    }
    let place = match error.line() {
        0 => Place::file(FILE),
        line => Place::at(FILE, line, error.column().max(1)),
    };
    Finding::new(&rules::NOT_JSON, format!("pack.json is not JSON: {error}")).at(place)
}

struct Identity {
    name: String,
    version: String,
    layer: Layer,
}

impl Reader {
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
        let missing = |problem: String| Finding::new(&rules::IDENTITY_MISSING, problem);
        let problem = match self.fields.shift_remove(field) {
            Some(Value::String(text)) if !text.trim().is_empty() => return Some(text.trim().to_owned()),
            Some(Value::String(_)) => {
                missing(format!("`{field}` is empty")).hint("Write something between the quotes.")
            }
            Some(other) => missing(format!("`{field}` is {}, not a string", kind_of(&other)))
                .hint(format!("Write `{field}` as a text in double quotes.")),
            None => missing(format!("`{field}` is missing")),
        };
        let place = self.place(field);
        self.found.push(problem.at(place));
        None
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
