//! Everything that is wrong or odd with a profile, all at once, each with its place.

mod remark;
mod texts;

pub use remark::{Remark, RemarkPlace, Severity};
pub use texts::{BrokenRule, broken_rules};
pub(crate) use texts::{CREATE_VARIABLE, VARIABLE_UNDEFINED};

use crate::edit::{EDIT_ATTEMPTS, busy};
use crate::model::{Kind, PackRef, PackType, Template};
use crate::service::{MANAGE, READ};
use crate::{Error, Profile, Profiles, Result, Variable, dependency, record};
use packyard_access::Caller;
use packyard_catalog::{PackDetail, PackState};
use std::collections::HashMap;

/// Infrastructure in the order it is installed, add-ons after it. palette.md 3.3.
const ORDER: [&str; 6] = ["kernel", "os", "k8s", "cni", "csi", "addon"];
/// Cluster and infrastructure profiles have exactly one of each.
const NEEDED: [&str; 4] = ["os", "k8s", "cni", "csi"];

pub(crate) const PACK_NOT_FOUND: &str = "PackNotFound";
pub(crate) const LAYER_NOT_ALLOWED: &str = "LayerNotAllowed";
pub(crate) const PACK_DELETED: &str = "PackDeleted";

/// What a check looks at.
pub(crate) struct Subject<'a> {
    pub(crate) kind: Kind,
    pub(crate) template: &'a Template,
    /// What a cluster would be upgraded from.
    pub(crate) published: Option<&'a Template>,
    /// `None` where they are not known, so that their use is not judged.
    pub(crate) variables: Option<&'a [Variable]>,
    /// What the catalogue knows, by the pack's uid.
    pub(crate) packs: HashMap<String, PackDetail>,
}

impl Subject<'_> {
    pub(crate) fn detail(&self, pack: &PackRef) -> Option<&PackDetail> {
        self.packs.get(&pack.pack_uid)
    }
}

impl Profiles {
    /// Of what an editor shows: errors keep it from being published in the console, warnings do not.
    pub async fn check(&self, caller: &Caller, profile: &Profile) -> Result<Vec<Remark>> {
        self.may(caller, READ).await?;
        let (template, published) = (profile.current(), profile.published.as_ref());
        self.remarks(caller, profile.kind, template, published, &profile.variables).await
    }

    /// Makes the draft what is published, unless the check finds an error; then `Unfit` has all that it found.
    pub async fn publish_checked(&self, caller: &Caller, uid: &str) -> Result<()> {
        self.may(caller, MANAGE).await?;
        for _ in 0..EDIT_ATTEMPTS {
            let mut stored = self.load_to_change(caller, uid).await?;
            let before = record::facts(&stored);
            let (template, published) = (stored.current(), stored.published.as_ref());
            let found = self.remarks(caller, stored.kind, template, published, &stored.variables).await?;
            if found.iter().any(Remark::is_error) {
                return Err(Error::Unfit(found));
            }
            stored.publish();
            if self.save(stored, before, caller, "packyard:PublishProfile").await? {
                return Ok(());
            }
        }
        Err(busy(uid))
    }

    async fn remarks(
        &self,
        caller: &Caller,
        kind: Kind,
        template: &Template,
        published: Option<&Template>,
        variables: &[Variable],
    ) -> Result<Vec<Remark>> {
        let uids: Vec<&str> = template.packs.iter().map(|pack| pack.pack_uid.as_str()).collect();
        let packs = self.catalog.packs_by_uid(caller, &uids).await.map_err(Error::Catalog)?;
        Ok(check(&Subject { kind, template, published, variables: Some(variables), packs }))
    }
}

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    layers(subject, &mut found);
    for (at, pack) in subject.template.packs.iter().enumerate() {
        state(subject, at, pack, &mut found);
        texts::check(subject, at, pack, &mut found);
        dependency::check(subject, at, pack, &mut found);
    }
    found
}

/// Which layers there must be, and in which order.
fn layers(subject: &Subject<'_>, found: &mut Vec<Remark>) {
    let packs = &subject.template.packs;
    let of = |layer: &str| -> Vec<usize> { (0..packs.len()).filter(|at| packs[*at].layer == layer).collect() };
    if packs.is_empty() {
        found.push(Remark::error("ProfileEmpty", "the profile has no layers; add a pack"));
        return;
    }
    match subject.kind {
        Kind::Cluster | Kind::Infra => {
            for layer in NEEDED {
                match of(layer).as_slice() {
                    [] => found.push(Remark::error(
                        "LayerMissing",
                        format!(
                            "a pack of the layer `{layer}` is missing; {} profiles need exactly one each of {}",
                            word(subject.kind),
                            NEEDED.join(", ")
                        ),
                    )),
                    [_] => {}
                    [first, more @ ..] => found.extend(more.iter().map(|at| {
                        let first = &packs[*first].name;
                        let text = format!("the layer `{layer}` has {first} already; keep one of the two");
                        Remark::error("LayerTwice", text).at_layer(*at, &packs[*at].name)
                    })),
                }
            }
        }
        Kind::AddOn => {
            for (at, pack) in packs.iter().enumerate().filter(|(_, pack)| pack.layer != "addon") {
                let text = format!(
                    "a pack of the layer `{}` belongs to an infrastructure profile; an add-on profile takes add-ons only",
                    pack.layer
                );
                found.push(Remark::error(LAYER_NOT_ALLOWED, text).at_layer(at, &pack.name));
            }
        }
        Kind::System => {}
    }
    order(packs, found);
}

fn word(kind: Kind) -> &'static str {
    if kind == Kind::Infra { "infrastructure" } else { "full" }
}

/// Where a layer stands in the order of installation.
pub fn rank(layer: &str) -> usize {
    ORDER.iter().position(|known| *known == layer).unwrap_or(ORDER.len())
}

fn order(packs: &[PackRef], found: &mut Vec<Remark>) {
    for (at, pair) in packs.windows(2).enumerate() {
        if rank(&pair[0].layer) > rank(&pair[1].layer) {
            let text = format!(
                "`{}` stands below `{}`, but is installed before it; the order is {}",
                pair[1].layer,
                pair[0].layer,
                ORDER.join(", ")
            );
            found.push(Remark::error("LayerOrder", text).at_layer(at + 1, &pair[1].name));
        }
    }
}

/// What became of the pack in its registry.
fn state(subject: &Subject<'_>, at: usize, pack: &PackRef, found: &mut Vec<Remark>) {
    // A chart may be of a repository that nobody registered, or that is not synchronised.
    let is_free = pack.pack_type == PackType::Helm && subject.detail(pack).is_none();
    if pack.pack_type == PackType::Manifest || is_free {
        return;
    }
    let mut warn = |code, text: &str| found.push(Remark::warning(code, text).at_layer(at, &pack.name));
    let Some(row) = subject.detail(pack).map(|detail| &detail.row) else {
        warn(
            PACK_NOT_FOUND,
            "the pack is not in the catalogue; the profile keeps its values. Register the registry that has it, or remove the layer",
        );
        return;
    };
    if row.is_gone && row.registry_name.is_empty() {
        let text = "the pack's registry was removed; the profile keeps its values. Choose the pack from another registry, or register that one again and choose it there";
        warn(PACK_DELETED, text);
    } else if row.is_gone {
        let text = "the pack's tag is no longer in its registry; the profile keeps its values. Choose another version";
        warn(PACK_DELETED, text);
    } else if !pack.digest.is_empty() && row.digest != pack.digest {
        warn(
            "PackChanged",
            "the pack's tag has other content now than when it was added. Compare its default values with yours",
        );
    }
    match row.state {
        PackState::Active => {}
        PackState::Deprecated => warn("PackDeprecated", "this version of the pack is deprecated. Choose a newer one"),
        PackState::Disabled => {
            warn("PackDisabled", "its maker disabled this version of the pack. Choose another version")
        }
        PackState::Deleted => {
            warn("PackWithdrawn", "its maker withdrew this version of the pack. Choose another version")
        }
    }
}

#[cfg(test)]
mod tests;
