//! What a principal proves itself with: a password, access keys (secrets sealed), API keys (digests only).

mod access_key;
mod api_key;
mod login_profile;

pub use access_key::{AccessKeyRow, NewAccessKey};
pub use api_key::{ApiKeyRow, NewApiKey};
pub use login_profile::LoginProfileRow;
