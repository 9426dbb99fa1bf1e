//! Registries by what somebody calls them.

use crate::Catalog;
use crate::error::{Doing, Error};
use packyard_access::Caller;

impl Catalog {
    /// `(uid, name)` of the registries that have one of these words for their uid or their name.
    pub async fn registries_called(&self, caller: &Caller, words: &[&str]) -> Result<Vec<(String, String)>, Error> {
        self.may(caller, "packyard:ReadRegistries").await?;
        self.packs_store().registries_called(words).await.doing("read names of registries")
    }
}
