//! What is irregular in a pack. One implementation for `packyard pack lint`, publish, sync and the console.
//!
//! Which irregularities are taken silently, which are warned about and which refuse the pack is decided by what real packs
//! do: palette.md section 1.10. Each rule of [`RULES`] is a file or a function below; a check reads the pack and adds findings.

mod finding;
mod report;
pub mod rules;

pub use finding::{Finding, Severity};
pub use report::Report;
pub use rules::{RULES, Rule, rule};

mod declared;
mod dependencies;
mod images;
mod macros;
mod presets;
mod published;
mod schema;
mod secrets;
mod sizes;
mod values;
mod version;

use crate::pack::Pack;

pub use published::{check_reference, check_tag};

/// Everything that is irregular in the pack itself, errors first, then by place.
pub fn check(pack: &Pack) -> Vec<Finding> {
    let mut found = pack.noticed.clone();
    version::check(pack, &mut found);
    declared::check(pack, &mut found);
    values::check(pack, &mut found);
    schema::check(pack, &mut found);
    dependencies::check(pack, &mut found);
    macros::check(pack, &mut found);
    presets::check(pack, &mut found);
    images::check(pack, &mut found);
    secrets::check(pack, &mut found);
    sizes::check(pack, &mut found);
    found.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.place.cmp(&b.place)).then_with(|| a.code.cmp(b.code))
    });
    found
}
