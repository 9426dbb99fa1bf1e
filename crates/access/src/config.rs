//! Settings of access, each with its default.

use crate::OpenError;
use crate::token::TEMPORARY_PREFIX;
use secrecy::{ExposeSecret, SecretString};

#[derive(Debug, Clone)]
pub struct AccessConfig {
    /// The AWS account this installation plays: 12 digits.
    pub account_id: String,
    pub region: String,
    /// The tenant administrator made on first start.
    pub admin_email: Option<String>,
    pub admin_password: Option<SecretString>,
    /// Id and secret of the account root's key; made up on first start when absent.
    pub root_access_key: Option<(String, SecretString)>,
    /// How far a signature's time may be from ours.
    pub clock_skew_s: i64,
    /// Life of an ECR authorization token.
    pub token_life_s: i64,
    /// Life of a console session.
    pub session_life_s: i64,
    /// After how long a console session ends that nobody used; 0 is never.
    pub session_idle_s: i64,
    /// How long a password is good that is good for choosing another only; 0 is for ever.
    pub one_time_password_life_s: i64,
    /// How long entries of the audit log are kept; 0 is for ever.
    pub audit_retention_s: i64,
    /// Life of a JWT.
    pub jwt_life_s: i64,
    pub throttle: ThrottleConfig,
    /// How long a right password is remembered (as a keyed digest) before argon2 runs again.
    pub password_memory_s: i64,
    /// After how long another replica's change to identities must count here.
    pub change_lag_ms: i64,
    pub max_access_keys_per_user: i64,
    pub max_api_keys_per_user: i64,
    /// Characters of a user's inline policies together; AWS has 2,048.
    pub max_inline_policy_chars: usize,
    pub max_attached_policies: usize,
    /// Password hashes computed at the same time; each takes 19 MiB.
    pub max_password_checks: usize,
}

#[derive(Debug, Clone, Copy)]
pub struct ThrottleConfig {
    /// Wrong passwords for one name from one address (IPv6: /64) within the window, before it must wait.
    pub per_name_and_address: u32,
    /// Wrong passwords from one address, whatever the names.
    pub per_address: u32,
    /// Wrong passwords for one name, wherever from.
    pub per_name: u32,
    pub window_s: i64,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { per_name_and_address: 10, per_address: 100, per_name: 1000, window_s: 300 }
    }
}

impl Default for AccessConfig {
    fn default() -> Self {
        Self {
            account_id: "000000000000".into(),
            region: "us-east-1".into(),
            admin_email: None,
            admin_password: None,
            root_access_key: None,
            clock_skew_s: 900,
            token_life_s: 12 * 3600,
            session_life_s: 12 * 3600,
            session_idle_s: 4 * 3600,
            one_time_password_life_s: 7 * 24 * 3600,
            audit_retention_s: 0,
            jwt_life_s: 4 * 3600,
            throttle: ThrottleConfig::default(),
            password_memory_s: 60,
            change_lag_ms: 1000,
            max_access_keys_per_user: 2,
            max_api_keys_per_user: 100,
            max_inline_policy_chars: 10_240,
            max_attached_policies: 10,
            max_password_checks: 2,
        }
    }
}

impl AccessConfig {
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        if self.account_id.len() != 12 || !self.account_id.bytes().all(|b| b.is_ascii_digit()) {
            return Err(OpenError::Config(format!("the account id '{}' is not 12 digits", self.account_id)));
        }
        if let Some((id, secret)) = &self.root_access_key {
            let fits = (3..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !fits {
                return Err(OpenError::Config(format!(
                    "the root access key id '{id}' is not 3 to 128 of letters, digits and _"
                )));
            }
            if id.starts_with(TEMPORARY_PREFIX) {
                return Err(OpenError::Config(format!(
                    "the root access key id '{id}' begins with {TEMPORARY_PREFIX}, which marks temporary credentials"
                )));
            }
            if secret.expose_secret().is_empty() {
                return Err(OpenError::Config("the root secret access key is empty".into()));
            }
        }
        if let Some(Err(wrong)) = self.admin_password.as_ref().map(crate::iam::check_password) {
            return Err(OpenError::Config(format!(
                "the administrator's password (PACKYARD_ADMIN_PASSWORD) cannot be taken: {wrong}. Without the variable a password is made up and shown once"
            )));
        }
        match &self.admin_email {
            Some(email) if !email.contains('@') => {
                Err(OpenError::Config(format!("the administrator's email address '{email}' has no @")))
            }
            _ => Ok(()),
        }
    }
}
