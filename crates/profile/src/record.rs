//! What the audit log keeps of a change: the facts before and after. Values, manifests and defaults may hold secrets, so
//! they stand there as digests.

use crate::model::Template;
use crate::row::Stored;
use packyard_access::{Caller, sha256_hex};
use packyard_store::AuditEntry;
use serde_json::{Value, json};

pub(crate) fn facts(stored: &Stored) -> Value {
    let variables: Vec<&str> = stored.variables.iter().map(|variable| variable.name.as_str()).collect();
    json!({
        "name": stored.name, "version": stored.version, "scope": stored.scope.word(),
        "description": stored.description, "labels": stored.labels, "variables": variables,
        "draft": stored.draft.as_ref().map(packs), "published": stored.published.as_ref().map(packs),
    })
}

fn packs(template: &Template) -> Vec<Value> {
    let pack = |pack: &crate::PackRef| {
        let manifests: Vec<Value> =
            pack.manifests.iter().map(|one| json!({ "name": one.name, "content": digest(&one.content) })).collect();
        json!({ "name": pack.name, "tag": pack.tag, "uid": pack.pack_uid, "values": digest(&pack.values), "manifests": manifests })
    };
    template.packs.iter().map(pack).collect()
}

fn digest(text: &str) -> String {
    format!("sha256:{}", sha256_hex(text.as_bytes()))
}

pub(crate) fn created(caller: &Caller, action: &'static str, stored: &Stored) -> AuditEntry {
    entry(caller, action, stored, &json!({ "before": null, "after": facts(stored) }))
}

pub(crate) fn copied(caller: &Caller, action: &'static str, from: &str, stored: &Stored) -> AuditEntry {
    let detail = json!({ "from": from, "before": null, "after": facts(stored) });
    entry(caller, action, stored, &detail)
}

pub(crate) fn changed(caller: &Caller, action: &'static str, stored: &Stored, before: Value) -> AuditEntry {
    entry(caller, action, stored, &json!({ "before": before, "after": facts(stored) }))
}

pub(crate) fn deleted(caller: &Caller, action: &'static str, stored: &Stored) -> AuditEntry {
    entry(caller, action, stored, &json!({ "before": facts(stored), "after": null }))
}

fn entry(caller: &Caller, action: &'static str, stored: &Stored, detail: &Value) -> AuditEntry {
    AuditEntry::new(caller.arn(), action, stored.uid.as_str()).detail(detail.to_string())
}
