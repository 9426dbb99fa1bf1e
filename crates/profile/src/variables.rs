//! Changes of one variable, whoever changes the others meanwhile.

use crate::{Error, Profile, Profiles, Result, Variable, rules, variable};
use packyard_access::Caller;

const ACTION: &str = "packyard:UpdateProfileVariables";

impl Profiles {
    /// Puts a variable in the place of the one called `old`, or at the end.
    pub async fn put_variable(&self, caller: &Caller, uid: &str, old: Option<&str>, new: Variable) -> Result<()> {
        self.edit(caller, uid, ACTION, |stored| {
            match old {
                None => stored.variables.push(new.clone()),
                Some(old) => *find(&mut stored.variables, old)? = new.clone(),
            }
            variable::check(&stored.variables)
        })
        .await
    }

    /// One place up or down; at the end of the list it stays.
    pub async fn move_variable(&self, caller: &Caller, uid: &str, name: &str, up: bool) -> Result<()> {
        self.edit(caller, uid, ACTION, |stored| {
            let at = stored.variables.iter().position(|variable| variable.name == name).ok_or_else(|| missing(name))?;
            let other = if up { at.checked_sub(1) } else { Some(at + 1) };
            if let Some(other) = other.filter(|other| *other < stored.variables.len()) {
                stored.variables.swap(at, other);
            }
            Ok(())
        })
        .await
    }

    pub async fn remove_variable(&self, caller: &Caller, uid: &str, name: &str) -> Result<()> {
        self.edit(caller, uid, ACTION, |stored| {
            find(&mut stored.variables, name)?;
            stored.variables.retain(|variable| variable.name != name);
            Ok(())
        })
        .await
    }
}

impl Profile {
    /// Names of the layers whose values or manifests use a variable, in order.
    pub fn layers_using(&self, variable: &str) -> Vec<&str> {
        self.layers_where(|text| rules::used_variables(text).iter().any(|used| used == variable))
    }

    /// Names of the layers whose values or manifests take something of this layer, `{{ .spectro.pack.LAYER }}`.
    pub fn layers_taking_from(&self, layer: &str) -> Vec<&str> {
        let names: Vec<&str> = self.current().packs.iter().map(|pack| pack.name.as_str()).collect();
        self.layers_where(|text| rules::takes_from(text, layer, &names))
    }

    fn layers_where(&self, has: impl Fn(&str) -> bool) -> Vec<&str> {
        let packs = self.current().packs.iter();
        let found = packs.filter(|pack| has(&pack.values) || pack.manifests.iter().any(|file| has(&file.content)));
        found.map(|pack| pack.name.as_str()).collect()
    }
}

fn find<'a>(variables: &'a mut [Variable], name: &str) -> Result<&'a mut Variable> {
    variables.iter_mut().find(|variable| variable.name == name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Error {
    Error::invalid("variables", format!("there is no variable `{name}`; somebody may have deleted or renamed it"))
}
