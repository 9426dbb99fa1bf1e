//! What is irregular in a pack. One implementation for `packyard pack lint`, publish, sync and the console.
//!
//! Which irregularities are taken silently, which are warned about and which refuse the pack is decided by what real packs
//! do: palette.md section 1.10. Each rule of [`RULES`] is a file or a function below; a check reads the pack and adds findings.

mod finding;
pub mod fix;
mod report;
pub mod rules;

pub use finding::{Finding, Severity};
pub use report::Report;
pub use rules::{RULES, Rule, rule};

mod charts;
mod declared;
mod dependencies;
mod images;
mod macros;
mod pack_map;
mod pedantic;
mod presets;
mod published;
mod resources;
mod schema;
mod secrets;
mod sizes;
mod subject;
mod unread;
mod values;
mod version;

use crate::pack::Pack;
use subject::Subject;

pub use dependencies::Versions;
pub use pedantic::check_pedantic;
pub use published::{check_reference, check_tag};

/// Everything that is irregular in the pack itself, errors first, then by place.
pub fn check(pack: &Pack) -> Vec<Finding> {
    check_among(pack, &Versions::new())
}

/// As [`check`], knowing other packs and their versions: dependencies are checked against them.
pub fn check_among(pack: &Pack, others: &Versions) -> Vec<Finding> {
    let subject = Subject::of(pack);
    let mut found = pack.noticed.clone();
    version::check(pack, &mut found);
    declared::check(pack, &mut found);
    values::check(&subject, &mut found);
    pack_map::check(&subject, &mut found);
    charts::check(&subject, &mut found);
    schema::check(&subject, &mut found);
    dependencies::check(pack, others, &mut found);
    resources::check(&subject, &mut found);
    macros::check(&subject, others, &mut found);
    presets::check(&subject, &mut found);
    images::check(&subject, &mut found);
    secrets::check(pack, &mut found);
    sizes::check(pack, &mut found);
    found.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| a.place.cmp(&b.place)).then_with(|| a.code.cmp(b.code))
    });
    found
}

/// At most two letters more, less or other, at one place.
fn near(known: &str, written: &str) -> bool {
    let (known, written) = (known.to_ascii_lowercase(), written.to_ascii_lowercase());
    let start = known.bytes().zip(written.bytes()).take_while(|(a, b)| a == b).count();
    let (known, written) = (&known.as_bytes()[start..], &written.as_bytes()[start..]);
    let end = known.iter().rev().zip(written.iter().rev()).take_while(|(a, b)| a == b).count();
    known.len() - end <= 2 && written.len() - end <= 2
}
