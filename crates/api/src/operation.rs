//! One table for routes, rights and documentation.
//!
//! An operation says its path, the right it needs, what it takes and the one success status it has; the router, the
//! guard in front of it and the OpenAPI document are made from the same entry, so none of them can drift. What is not
//! in the table does not exist: the guard refuses a route without an entry.

use crate::ApiState;
use crate::page::ListMeta;
use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodFilter;
use http::Method;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// What a caller must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Nothing: login pages and the login itself.
    Open,
    /// A valid credential.
    AnyCaller,
    /// A credential of a principal whose policies allow this action, be it in one project; the service asks about which.
    Action(&'static str),
}

pub(crate) struct Operation {
    method: Method,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    right: Right,
    query: Vec<Value>,
    body: Option<Content>,
    status: u16,
    reply: Option<Content>,
}

struct Content {
    media_type: &'static str,
    schema: Value,
    components: Vec<(String, RefOr<Schema>)>,
}

impl Content {
    fn json<T: ToSchema>() -> Self {
        let mut components = Vec::new();
        let schema = reference::<T>(&mut components);
        Self { media_type: "application/json", schema, components }
    }

    fn any() -> Self {
        Self { media_type: "application/json", schema: json!({ "type": "object" }), components: Vec::new() }
    }

    /// `{items}`, and for a page `{items, listmeta}`. Spelled out, since generic types have no names of their own here.
    fn list<T: ToSchema>(is_page: bool) -> Self {
        let mut components = Vec::new();
        let mut properties = json!({ "items": { "type": "array", "items": reference::<T>(&mut components) } });
        let mut required = vec!["items"];
        if is_page {
            properties["listmeta"] = reference::<ListMeta>(&mut components);
            required.push("listmeta");
        }
        let schema = json!({ "type": "object", "required": required, "properties": properties });
        Self { media_type: "application/json", schema, components }
    }
}

/// A `$ref` to the type's schema, which goes into `components` with all that it needs.
fn reference<T: ToSchema>(components: &mut Vec<(String, RefOr<Schema>)>) -> Value {
    T::schemas(components);
    components.push((T::name().into_owned(), T::schema()));
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

macro_rules! methods {
    ($($name:ident = $method:ident, $status:literal);+ $(;)?) => {
        $(pub(crate) fn $name(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
            Operation {
                method: Method::$method, path, id, summary,
                right: Right::AnyCaller, query: Vec::new(), body: None, status: $status, reply: None,
            }
        })+
    };
}
methods! { get = GET, 200; post = POST, 201; put = PUT, 204; patch = PATCH, 204; delete = DELETE, 204 }

impl Operation {
    pub(crate) fn open(mut self) -> Self {
        self.right = Right::Open;
        self
    }

    pub(crate) fn needs(mut self, action: &'static str) -> Self {
        self.right = Right::Action(action);
        self
    }

    pub(crate) fn takes<T: ToSchema>(mut self) -> Self {
        self.body = Some(Content::json::<T>());
        self
    }

    pub(crate) fn gives<T: ToSchema>(mut self) -> Self {
        self.reply = Some(Content::json::<T>());
        self
    }

    pub(crate) fn gives_items<T: ToSchema>(mut self) -> Self {
        self.reply = Some(Content::list::<T>(false));
        self
    }

    pub(crate) fn gives_page<T: ToSchema>(mut self) -> Self {
        self.reply = Some(Content::list::<T>(true));
        self
    }

    pub(crate) fn gives_bytes(mut self, media_type: &'static str) -> Self {
        let schema = json!({ "type": "string", "format": "binary" });
        self.reply = Some(Content { media_type, schema, components: Vec::new() });
        self
    }

    /// Any JSON: the form of exported files is documented with the files.
    pub(crate) fn takes_any(mut self) -> Self {
        self.body = Some(Content::any());
        self
    }

    pub(crate) fn gives_any(mut self) -> Self {
        self.reply = Some(Content::any());
        self
    }

    /// A form with a file in the part of this name.
    pub(crate) fn takes_file(mut self, part: &'static str) -> Self {
        let file = json!({ "type": "string", "format": "binary" });
        let schema = json!({ "type": "object", "required": [part], "properties": { part: file } });
        self.body = Some(Content { media_type: "multipart/form-data", schema, components: Vec::new() });
        self
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn query(mut self, name: &'static str, kind: &'static str, text: &'static str) -> Self {
        self.query.push(json!({
            "name": name, "in": "query", "required": false, "description": text, "schema": { "type": kind },
        }));
        self
    }

    /// The parameters of a list with pages.
    pub(crate) fn paged(self) -> Self {
        self.query("limit", "integer", "Most rows of the reply; 50 is the default and the largest.")
            .query("offset", "integer", "Where the page starts.")
            .query("continue", "string", "Token of the page before, from listmeta.")
    }

    pub(crate) fn project_scoped(mut self) -> Self {
        self.query.push(json!({
            "name": "ProjectUid", "in": "header", "required": false, "schema": { "type": "string" },
            "description": "The project to act in; absent for the tenant.",
        }));
        self
    }

    fn document(&self) -> Value {
        let mut parameters: Vec<Value> = path_parameters(self.path)
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        parameters.extend(self.query.iter().cloned());
        let tag = self.path.split('/').nth(2).unwrap_or_default();
        let mut success = json!({ "description": description(self.status) });
        if let Some(reply) = &self.reply {
            success["content"] = json!({ reply.media_type: { "schema": reply.schema } });
        }
        let error = json!({
            "description": "What went wrong.",
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
        });
        let mut out = json!({
            "tags": [tag],
            "summary": self.summary,
            "operationId": self.id,
            "parameters": parameters,
            "responses": { self.status.to_string(): success, "default": error },
        });
        if let Some(body) = &self.body {
            out["requestBody"] = json!({ "content": { body.media_type: { "schema": body.schema } } });
        }
        match self.right {
            Right::Open => out["security"] = json!([]),
            Right::AnyCaller => {}
            Right::Action(action) => out["x-required-action"] = json!(action),
        }
        out
    }
}

fn path_parameters(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn description(status: u16) -> &'static str {
    match status {
        201 => "Created.",
        202 => "Accepted; the work goes on in the background.",
        204 => "Done.",
        _ => "OK.",
    }
}

/// All operations, as they are collected.
#[derive(Default)]
pub(crate) struct Operations {
    pub(crate) router: Router<ApiState>,
    pub(crate) rights: HashMap<(Method, &'static str), Right>,
    paths: Map<String, Value>,
    components: BTreeMap<String, Value>,
}

impl Operations {
    pub(crate) fn on<H, T>(mut self, operation: Operation, handler: H) -> Self
    where
        H: Handler<T, ApiState>,
        T: 'static,
    {
        let filter = match operation.method {
            Method::POST => MethodFilter::POST,
            Method::PUT => MethodFilter::PUT,
            Method::PATCH => MethodFilter::PATCH,
            Method::DELETE => MethodFilter::DELETE,
            _ => MethodFilter::GET,
        };
        let item = self.paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.as_str().to_ascii_lowercase()] = operation.document();
        for content in operation.body.iter().chain(&operation.reply) {
            for (name, schema) in &content.components {
                let value = serde_json::to_value(schema).unwrap_or_default();
                self.components.insert(name.clone(), value);
            }
        }
        self.rights.insert((operation.method, operation.path), operation.right);
        self.router = self.router.route(operation.path, axum::routing::on(filter, handler));
        self
    }

    /// The OpenAPI 3.1 document of everything collected.
    pub(crate) fn document(&self) -> Value {
        let mut components = self.components.clone();
        let error = crate::error::ErrorBody::schema_value();
        components.insert("Error".to_owned(), error);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "Packyard management API",
                "version": "v1",
                "description": "Registries, packs and cluster profiles, in the shapes of Palette's public API.",
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "security": [{ "ApiKey": [] }, { "Authorization": [] }],
            "paths": self.paths,
            "components": {
                "schemas": components,
                "securitySchemes": {
                    "ApiKey": { "type": "apiKey", "in": "header", "name": "ApiKey" },
                    "Authorization": {
                        "type": "apiKey", "in": "header", "name": "Authorization",
                        "description": "The token of POST /v1/auth/authenticate, raw or after `Bearer `.",
                    },
                },
            },
        })
    }
}
