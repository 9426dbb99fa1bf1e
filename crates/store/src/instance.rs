//! How an installation recognises itself over the network: it answers a random text with a code that only holders of
//! its key can make. Replicas on one database share the key, and so recognise each other.
//!
//! A registry that passes the question on to us, and our answer back, is taken for us as long as it does. All it gains is
//! to be asked after pushes, within the limits of such a run; it is believed nothing more.

use crate::Core;
use packyard_oci::{hex, unhex};
use ring::hmac;

const PURPOSE: &str = "packyard-instance-proof";

impl Core {
    /// What this installation answers to `challenge`.
    pub fn instance_proof(&self, challenge: &str) -> String {
        hex(hmac::sign(&self.sealer.derive(PURPOSE), challenge.as_bytes()))
    }

    /// Whether `proof` is this installation's answer to `challenge`; takes the same time whatever differs.
    pub fn is_instance_proof(&self, challenge: &str, proof: &str) -> bool {
        let Some(bytes) = unhex(proof) else { return false };
        hmac::verify(&self.sealer.derive(PURPOSE), challenge.as_bytes(), &bytes).is_ok()
    }
}
