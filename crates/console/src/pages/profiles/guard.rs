//! What a form was made of. Each form that changes a profile brings a name of it along, in the field `was`; where that
//! is not what is there any more, somebody else saved meanwhile, and nothing is overwritten unseen. The page that says so
//! has a form made of what is there now, so sending it again is meant.
//!
//! Names are of the part that the form is about: who orders layers does not disturb who writes a variable.

use crate::form::Fields;
use crate::pages::activity::actor_name;
use crate::pages::profiles::stack;
use crate::visit::Visit;
use packyard_profile::{Difference, PackRef, Profile, Variable};
use serde::{Deserialize, Serialize};

/// The same in an address, for a question that is answered with a button.
#[derive(Deserialize, Default)]
pub(super) struct Was {
    #[serde(default)]
    was: String,
}

impl Was {
    pub(super) fn is_stale(&self, now: &str) -> bool {
        !self.was.is_empty() && self.was != now
    }
}

pub(super) fn is_stale(fields: &Fields, now: &str) -> bool {
    Was { was: fields.text("was") }.is_stale(now)
}

/// Of the whole version: to publish it, to delete it, or to go back to an earlier state.
pub(super) fn whole(profile: &Profile) -> String {
    profile.revision.to_string()
}

pub(super) fn basics(profile: &Profile) -> String {
    digest(&(&profile.name, &profile.version, &profile.description, &profile.labels))
}

/// Of one layer with all that is in it.
pub(super) fn layer(pack: &PackRef) -> String {
    digest(pack)
}

/// Of what a layer is called.
pub(super) fn layer_name(pack: &PackRef) -> String {
    digest(&(&pack.name, &pack.pack_uid))
}

/// Which layers there are, and in which order.
pub(super) fn order(packs: &[PackRef]) -> String {
    let ids: Vec<String> = (0..packs.len()).map(|at| stack::id(packs, at)).collect();
    digest(&ids)
}

/// A digest of a secret would let whoever reads the page guess it, so a variable that has one goes by the version.
pub(super) fn variable(profile: &Profile, variable: &Variable) -> String {
    if variable.is_sensitive { whole(profile) } else { digest(variable) }
}

pub(super) fn order_of_variables(profile: &Profile) -> String {
    let names: Vec<&str> = profile.variables.iter().map(|variable| variable.name.as_str()).collect();
    digest(&names)
}

fn digest(part: &impl Serialize) -> String {
    let text = serde_json::to_string(part).unwrap_or_default();
    packyard_access::sha256_hex(text.as_bytes())
}

/// What to tell whoever was overtaken: by whom, as far as that is known, and what changed.
pub(super) async fn overtaken(visit: &Visit, profile: &Profile) -> String {
    overtaken_before(visit, profile, "saved").await
}

/// The same of something else than saving, by what was not `done`.
pub(super) async fn overtaken_before(visit: &Visit, profile: &Profile, done: &str) -> String {
    let history = visit.state.profiles.history(visit.caller(), &profile.uid, None, 1).await;
    let newest = history.ok().and_then(|history| history.states.into_iter().next());
    let last = newest.map_or_else(String::new, |state| {
        let changes = state.changes.as_ref().map_or_else(Vec::new, Difference::summary);
        let what = if changes.is_empty() { String::new() } else { format!(" ({})", changes.join("; ")) };
        format!("; the last change is by {}{what}", actor_name(&state.actor))
    });
    format!(
        "Not {done}: this was changed in another window, or by somebody else, since you opened it{last}. \
         Look at what is here now, and do it again if you still mean it."
    )
}

/// The same for a text that two people edit: theirs is in the profile, the other one in the editor.
pub(super) fn overtaken_text(seen: &str, saved: &str, typed: &str) -> Option<String> {
    let is_known = seen.is_empty() || seen == super::editor::seen(saved) || saved == typed;
    let text = "This text was saved in another window, or by somebody else, since you opened it. \
                Yours is below and not saved; theirs is in the profile and its History. Confirm Updates replaces theirs.";
    (!is_known).then(|| text.to_owned())
}
