//! One uid, one thing: clients send some uids twice, and read by them.

use crate::model::{Manifest, PackRef, PackType, Template};
use packyard_store::new_uid;
use std::collections::HashSet;

/// What clients send as the uid of every layer of manifests that was given none.
const SHARED_MANIFEST_PACK: &str = "spectro-manifest-pack";

/// Gives what has the uid of another layer or manifest of the profile one of its own: the one that it had `before` by its
/// name, else a new one.
pub(crate) fn made_unique(packs: &mut [PackRef], before: &Template) {
    layers(packs, before);
    manifests(packs, before);
}

/// The first layer of manifests may keep the uid that is everybody's, since a configuration may name it and would show a
/// difference for ever. Clients keep manifests by the uid of their layer, so two layers may not share it.
fn layers(packs: &mut [PackRef], before: &Template) {
    let is_shared = |pack: &PackRef| pack.pack_type == PackType::Manifest && pack.pack_uid == SHARED_MANIFEST_PACK;
    let mut taken: HashSet<String> =
        packs.iter().filter(|pack| !is_shared(pack)).map(|pack| pack.pack_uid.clone()).collect();
    for pack in packs.iter_mut().filter(|pack| is_shared(pack)).skip(1) {
        let known = before.packs.iter().find(|old| {
            old.name == pack.name && old.own_uid().is_some() && !is_shared(old) && !taken.contains(&old.pack_uid)
        });
        pack.pack_uid = known.map_or_else(new_uid, |old| old.pack_uid.clone());
        taken.insert(pack.pack_uid.clone());
    }
}

/// Terraform looks the uid of a manifest up by its name alone, whichever layer has one of that name.
fn manifests(packs: &mut [PackRef], before: &Template) {
    let mut taken: HashSet<String> = HashSet::new();
    for pack in packs {
        let old = before.packs.iter().find(|old| old.name == pack.name);
        let old: &[Manifest] = old.map_or(&[], |old| &old.manifests);
        for manifest in &mut pack.manifests {
            if !taken.insert(manifest.uid.clone()) {
                let known = old.iter().find(|old| old.name == manifest.name && !taken.contains(&old.uid));
                manifest.uid = known.map_or_else(new_uid, |old| old.uid.clone());
                taken.insert(manifest.uid.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(name: &str, uid: &str, manifests: &[(&str, &str)]) -> PackRef {
        let manifests = manifests.iter().map(|(uid, name)| Manifest {
            uid: (*uid).to_owned(),
            name: (*name).to_owned(),
            content: String::new(),
        });
        PackRef {
            name: name.to_owned(),
            pack_uid: uid.to_owned(),
            registry_uid: String::new(),
            tag: String::new(),
            pack_type: PackType::Manifest,
            layer: "addon".to_owned(),
            values: String::new(),
            manifests: manifests.collect(),
            version: String::new(),
            digest: String::new(),
        }
    }

    fn uids(packs: &[PackRef]) -> Vec<&str> {
        packs.iter().map(|pack| pack.pack_uid.as_str()).collect()
    }

    #[test]
    fn one_layer_keeps_the_uid_of_all_and_the_others_keep_their_own() {
        let sent = |names: &[&str]| names.iter().map(|name| layer(name, SHARED_MANIFEST_PACK, &[])).collect::<Vec<_>>();
        let mut first = sent(&["a", "b"]);
        made_unique(&mut first, &Template::default());
        assert_eq!(first[0].pack_uid, SHARED_MANIFEST_PACK);
        assert_eq!(first[1].pack_uid.len(), 24);
        let before = Template { packs: first.clone() };
        let mut again = sent(&["a", "b"]);
        made_unique(&mut again, &before);
        assert_eq!(uids(&again), uids(&first), "nothing changed");
        // What a client read of the first reply, in another order.
        let mut turned = vec![layer("b", SHARED_MANIFEST_PACK, &[]), layer("a", &first[1].pack_uid, &[])];
        made_unique(&mut turned, &before);
        assert_eq!(uids(&turned), uids(&first), "as sent");
        // Its uid went to another layer.
        let mut moved = vec![
            layer("c", SHARED_MANIFEST_PACK, &[]),
            layer("b", SHARED_MANIFEST_PACK, &[]),
            layer("a", &first[1].pack_uid, &[]),
        ];
        made_unique(&mut moved, &before);
        assert!(!uids(&first).contains(&moved[1].pack_uid.as_str()), "{:?}", uids(&moved));
    }

    #[test]
    fn manifests_of_one_name_in_two_layers_stay_two() {
        let before = Template { packs: vec![layer("a", "la", &[("1", "m")]), layer("b", "lb", &[("2", "m")])] };
        let mut sent = vec![layer("a", "la", &[("1", "m")]), layer("b", "lb", &[("1", "m"), ("1", "n")])];
        made_unique(&mut sent, &before);
        assert_eq!((sent[0].manifests[0].uid.as_str(), sent[1].manifests[0].uid.as_str()), ("1", "2"));
        assert_eq!(sent[1].manifests[1].uid.len(), 24);
    }
}
