//! What an import would make, looked at before anything is made: everything that is wrong at once, each at its place.

use super::import::{Layer, kind_of, layer, matching, missing_macro, new_profile, undefined_macros};
use super::{FileRegistryMetadata, MASK, Missing, ProfileFile};
use crate::model::{Kind, NewProfile, PackInput, Template};
use crate::remarks::{self, CREATE_VARIABLE, LAYER_NOT_ALLOWED, PACK_NOT_FOUND, Subject, VARIABLE_UNDEFINED};
use crate::service::MANAGE;
use crate::{Error, Problem, Profile, Profiles, Remark, Result, Scope, check_name, check_version};
use crate::{compose, manifest, variable};
use packyard_access::Caller;

/// Code of what is not here.
const MISSING: &str = "ImportIncomplete";

#[derive(Debug, Clone)]
pub struct ImportPlan {
    /// As it would be, without a uid; packs that are missing stand in it as the file has them.
    pub profile: Profile,
    /// For each layer the registries that have its pack.
    pub registries: Vec<Vec<FileRegistryMetadata>>,
    /// What is wrong with name, version, scope, type and variables, by the field of a form.
    pub problems: Vec<Problem>,
    /// What is missing or wrong in the layers. Nothing is imported while there is any.
    pub refusals: Vec<Remark>,
    /// What the profile would be checked for; errors keep it from being published, not from being imported.
    pub remarks: Vec<Remark>,
    /// Variables whose default is a secret that no file holds.
    pub secrets: Vec<String>,
}

impl ImportPlan {
    pub fn is_possible(&self) -> bool {
        self.problems.is_empty() && self.refusals.is_empty()
    }
}

impl Profiles {
    /// What [`Profiles::import`] would make of a file, or refuse.
    pub async fn plan_import(&self, caller: &Caller, file: ProfileFile, scope: Scope) -> Result<ImportPlan> {
        self.may_in(caller, MANAGE, &scope).await?;
        let found = self.find_packs(caller, &file).await?;
        let known = self.macros().visible_names(scope.project_uid()).await?;
        let packs = &file.spec.template.packs;
        let registries = packs.iter().map(|pack| matching(&found, pack)).collect();
        let masked = file.spec.variables.iter().filter(|one| one.is_sensitive && one.default_value == MASK);
        let secrets = masked.map(|one| one.name.clone()).collect();
        let mut problems = Vec::new();
        let kind = noted(kind_of(&file), &mut problems).unwrap_or(Kind::AddOn);

        let mut refusals = Vec::new();
        let mut inputs = Vec::with_capacity(packs.len());
        for (at, pack) in packs.iter().enumerate() {
            let Layer { input, pack_type, absent } = layer(pack, &found);
            let mut refuse = |code, text: String| refusals.push(Remark::error(code, text).at_layer(at, &pack.name));
            if let Some(absent) = absent {
                refuse(MISSING, said(&absent));
            }
            for name in undefined_macros(pack, &known) {
                refuse(MISSING, said(&missing_macro(name)));
            }
            let pack_type = pack_type.unwrap_or_else(|why| {
                refuse(MISSING, why.to_string());
                None
            });
            inputs.push(PackInput { pack_type, ..input });
        }
        let new = new_profile(file, kind, Vec::new(), scope, false);
        let template = self.planned(caller, inputs).await?;
        for (at, pack) in template.packs.iter().enumerate() {
            if let Err(why) = compose::allowed(pack, kind) {
                refusals.push(Remark::error(LAYER_NOT_ALLOWED, why.to_string()).at_layer(at, &pack.name));
            }
        }
        noted(manifest::bounded(&template, &Template::default(), self.limits.manifest_bytes), &mut problems);
        self.judge(&new, &mut problems).await?;
        let (undefined, remarks) = self.found_in(caller, &new, &template, &refusals).await?;
        refusals.extend(undefined);
        refusals.sort_by_key(|refusal| refusal.layer.as_ref().map(|(at, _)| *at));
        Ok(ImportPlan { profile: as_profile(new, template), registries, problems, refusals, remarks, secrets })
    }

    async fn planned(&self, caller: &Caller, inputs: Vec<PackInput>) -> Result<Template> {
        let rows = self.catalogued(caller, &inputs).await?;
        let mut template = Template::default();
        for (input, row) in inputs.into_iter().zip(&rows) {
            template.packs.push(compose::pack(input, row.as_ref(), &Template::default()));
        }
        Ok(template)
    }

    /// Everything but the layers.
    async fn judge(&self, new: &NewProfile, problems: &mut Vec<Problem>) -> Result<()> {
        let NewProfile { name, version, scope, .. } = new;
        noted(check_name("name", name), problems);
        noted(check_version(version), problems);
        noted(variable::check(&new.variables), problems);
        if new.cloud.trim().is_empty() {
            problems.push(Problem::new("type", "spec.template.cloudType is missing; add-on profiles have `all`"));
        }
        let project = scope.project_uid();
        if !project.is_empty() && self.store.projects().by_uid(project).await.map_err(Error::Store)?.is_none() {
            problems.push(Problem::new("scope", "this project is gone. Choose another"));
        }
        if self.versions(scope, name).await?.iter().any(|known| known.version == *version) {
            let text = format!("version {version} of {name} is there already. Choose another version, or another name");
            problems.push(Problem::new("version", text));
        }
        Ok(())
    }

    /// The findings about the profile: those that refuse it, and the others. What is refused already is not said again.
    async fn found_in(
        &self,
        caller: &Caller,
        new: &NewProfile,
        template: &Template,
        refusals: &[Remark],
    ) -> Result<(Vec<Remark>, Vec<Remark>)> {
        let uids: Vec<&str> = template.packs.iter().map(|pack| pack.pack_uid.as_str()).collect();
        let packs = self.catalog.packs_by_uid(caller, &uids).await.map_err(Error::Catalog)?;
        let variables = Some(new.variables.as_slice());
        let found = remarks::check(&Subject { kind: new.kind, template, published: None, variables, packs });
        let is_said = |remark: &Remark| {
            [PACK_NOT_FOUND, LAYER_NOT_ALLOWED].contains(&remark.code)
                && refusals.iter().any(|refusal| refusal.layer == remark.layer)
        };
        let unsaid = found.into_iter().filter(|remark| !is_said(remark));
        let (mut undefined, others): (Vec<Remark>, _) = unsaid.partition(|remark| remark.code == VARIABLE_UNDEFINED);
        for remark in &mut undefined {
            remark.message = remark.message.replace(CREATE_VARIABLE, "Add it to `spec.variables` of the file");
        }
        Ok((undefined, others))
    }
}

/// What is right; what is wrong goes to the others.
fn noted<T>(result: Result<T>, problems: &mut Vec<Problem>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Invalid(problem)) => {
            problems.push(problem);
            None
        }
        Err(other) => {
            problems.push(Problem::new("file", other.to_string()));
            None
        }
    }
}

fn said(missing: &Missing) -> String {
    format!("{} is not here: {}", missing.what, missing.hint)
}

fn as_profile(new: NewProfile, template: Template) -> Profile {
    Profile {
        uid: String::new(),
        scope: new.scope,
        name: new.name,
        version: new.version,
        kind: new.kind,
        cloud: new.cloud,
        description: new.description,
        labels: new.labels,
        annotations: new.annotations,
        variables: new.variables,
        draft: Some(template),
        published: None,
        versions: Vec::new(),
        created_at_ms: 0,
        updated_at_ms: 0,
        revision: 0,
    }
}
