//! A web server that is no registry, reached with the flags that say how registries are.

use super::args::Access;
use packyard_oci::client::{ClientError, Credentials, Downloads};

impl Access {
    /// With these credentials, for that server alone.
    pub(crate) fn downloads(&self, credentials: &Credentials) -> Result<Downloads, ClientError> {
        Downloads::new(&self.endpoint, credentials, self.options.clone())
    }
}
