//! What is wrong with packs that a client wants to put into a profile, all at once and judged as the console judges a
//! profile. Nothing of it keeps a profile from being saved.

use crate::compose;
use crate::model::{Kind, PackInput, Template};
use crate::remarks::{self, PACK_DELETED, PACK_NOT_FOUND, Subject};
use crate::service::READ;
use crate::{Error, Profiles, Remark, RemarkPlace, Result, Variable};
use packyard_access::Caller;

/// The findings about one pack; none when it is sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackReport {
    pub name: String,
    pub display_name: String,
    pub problems: Vec<PackProblem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackProblem {
    pub code: &'static str,
    pub message: String,
}

/// The profile that the packs are for, as far as it is there.
struct Around<'a> {
    kind: Kind,
    before: &'a Template,
    published: Option<&'a Template>,
    variables: Option<&'a [Variable]>,
}

impl Profiles {
    /// Looks at packs that are in no profile yet. Variables are unknown, so their use is not judged.
    pub async fn check_packs(&self, caller: &Caller, kind: Kind, packs: &[PackInput]) -> Result<Vec<PackReport>> {
        self.may(caller, READ).await?;
        let around = Around { kind, before: &Template::default(), published: None, variables: None };
        self.reports(caller, packs, &around).await
    }

    /// Looks at packs as they would be in this profile.
    pub async fn check_packs_of(&self, caller: &Caller, uid: &str, packs: &[PackInput]) -> Result<Vec<PackReport>> {
        let profile = self.get(caller, uid).await?;
        let around = Around {
            kind: profile.kind,
            before: profile.current(),
            published: profile.published.as_ref(),
            variables: Some(&profile.variables),
        };
        self.reports(caller, packs, &around).await
    }

    async fn reports(&self, caller: &Caller, packs: &[PackInput], around: &Around<'_>) -> Result<Vec<PackReport>> {
        let mut template = Template::default();
        let rows = self.catalogued(caller, packs).await?;
        for (input, row) in packs.iter().zip(rows) {
            template.packs.push(compose::pack(input.clone(), row.as_ref(), around.before));
        }
        let uids: Vec<&str> = template.packs.iter().map(|pack| pack.pack_uid.as_str()).collect();
        let known = self.catalog.packs_by_uid(caller, &uids).await.map_err(Error::Catalog)?;
        let mut reports: Vec<PackReport> = template
            .packs
            .iter()
            .map(|pack| PackReport {
                name: pack.name.clone(),
                display_name: known
                    .get(&pack.pack_uid)
                    .map_or_else(|| pack.name.clone(), |detail| detail.row.display_name.clone()),
                problems: Vec::new(),
            })
            .collect();
        let (kind, published, variables) = (around.kind, around.published, around.variables);
        let subject = Subject { kind, template: &template, published, variables, packs: known };
        for remark in remarks::check(&subject).into_iter().filter(is_problem) {
            // What is said of the profile as a whole has no pack to stand with.
            if let Some(report) = remark.layer.as_ref().and_then(|(at, _)| reports.get_mut(*at)) {
                report.problems.push(problem(remark));
            }
        }
        Ok(reports)
    }
}

/// A client that asks about packs wants to hear that one is gone, too; a profile that has it lives with that.
fn is_problem(remark: &Remark) -> bool {
    remark.is_error() || [PACK_NOT_FOUND, PACK_DELETED].contains(&remark.code)
}

fn problem(remark: Remark) -> PackProblem {
    let message = match &remark.place {
        RemarkPlace::Whole => remark.message,
        place => format!("{place}: {}", remark.message),
    };
    PackProblem { code: remark.code, message }
}
