//! How an installation recognises itself over the network: it answers a random text with a code that only holders of
//! its key can make. Replicas on one database share the key, and so recognise each other.
//!
//! A registry that passes the question on to us, and our answer back, is taken for us as long as it does. All it gains is
//! to be asked after pushes, within the limits of such a run; it is believed nothing more.

use crate::Core;
use ring::hmac;
use std::fmt::Write;

const PURPOSE: &str = "packyard-instance-proof";

impl Core {
    /// What this installation answers to `challenge`.
    pub fn instance_proof(&self, challenge: &str) -> String {
        let code = hmac::sign(&self.sealer.derive(PURPOSE), challenge.as_bytes());
        code.as_ref().iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// Whether `proof` is this installation's answer to `challenge`; takes the same time whatever differs.
    pub fn is_instance_proof(&self, challenge: &str, proof: &str) -> bool {
        let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (pairs, rest) = proof.as_bytes().as_chunks::<2>();
        let bytes: Option<Vec<u8>> = pairs.iter().map(|[a, b]| Some((digit(*a)? << 4) | digit(*b)?)).collect();
        let Some(bytes) = bytes.filter(|_| rest.is_empty()) else { return false };
        hmac::verify(&self.sealer.derive(PURPOSE), challenge.as_bytes(), &bytes).is_ok()
    }
}
