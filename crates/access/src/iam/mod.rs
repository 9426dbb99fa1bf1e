//! The IAM services: users, login profiles, access keys, policies, roles. Called by the query-protocol face, `/v1` and
//! the console alike; every one asks [`crate::Access::may`] first.

use crate::token::new_key_id;

/// Users who log in by email address live here: `arn:aws:iam::<account>:user/tenant/<email>`.
pub const TENANT_PATH: &str = "/tenant/";

pub(crate) fn new_user_id() -> String {
    new_key_id("AIDA")
}
