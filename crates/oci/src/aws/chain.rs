//! The default chain of AWS credentials, walked by `reqsign` over this machine's environment, files, commands and
//! metadata service: for the command line. A server uses it only where its operator says so, and at Amazon's endpoints:
//! its own rights must not leak into what its users register.

use super::AwsKeys;
use bytes::Bytes;
use reqsign_aws_v4::DefaultCredentialProvider;
use reqsign_core::{
    CommandExecute, CommandOutput, Context, Error, FileRead, HttpSend, OsEnv, ProvideCredential, Result,
};
use secrecy::SecretString;
use std::time::Duration;

/// Keys from the chain; `None` when no link has any.
pub(super) async fn load(profile: Option<&str>) -> Result<Option<AwsKeys>> {
    let http = Http::new()?;
    let context =
        Context::new().with_env(OsEnv).with_file_read(Files).with_command_execute(Commands).with_http_send(http);
    let mut builder = DefaultCredentialProvider::builder();
    if let Some(profile) = profile {
        builder = builder.with_profile(profile);
    }
    let found = builder.build().provide_credential(&context).await?;
    Ok(found.map(|credential| AwsKeys {
        access_key_id: credential.access_key_id,
        secret_access_key: SecretString::from(credential.secret_access_key),
        session_token: credential.session_token.map(SecretString::from),
        expires_at: credential.expires_in.map(|end| end.as_system_time()),
    }))
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        tokio::fs::read(path).await.map_err(|e| Error::config_invalid(format!("{path} cannot be read: {e}")))
    }
}

#[derive(Debug)]
struct Commands;

impl CommandExecute for Commands {
    async fn command_execute<'a>(&'a self, program: &'a str, args: &'a [&'a str]) -> Result<CommandOutput> {
        let output = tokio::process::Command::new(program)
            .args(args)
            .stdin(std::process::Stdio::null())
            .output()
            .await
            .map_err(|e| Error::config_invalid(format!("{program} cannot be run: {e}")))?;
        Ok(CommandOutput { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr: output.stderr })
    }
}

/// To the metadata services, SSO and STS. Those answer at once or not at all.
#[derive(Debug)]
struct Http(reqwest::Client);

const METADATA_CONNECT: Duration = Duration::from_millis(1500);
const WHOLE_EXCHANGE: Duration = Duration::from_secs(20);
const REPLY_LIMIT: usize = 1024 * 1024;

impl Http {
    fn new() -> Result<Self> {
        crate::client::install_crypto_provider();
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(METADATA_CONNECT)
            .timeout(WHOLE_EXCHANGE)
            .build()
            .map(Self)
            .map_err(|e| Error::config_invalid(format!("no HTTP client: {e}")))
    }
}

impl HttpSend for Http {
    async fn http_send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>> {
        let failed = |e: reqwest::Error| Error::unexpected(format!("the call for credentials failed: {e}"));
        let request = reqwest::Request::try_from(request.map(reqwest::Body::from)).map_err(failed)?;
        let mut response = self.0.execute(request).await.map_err(failed)?;
        let mut reply = http::Response::builder().status(response.status());
        if let Some(headers) = reply.headers_mut() {
            *headers = response.headers().clone();
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > REPLY_LIMIT {
                return Err(Error::unexpected("the reply to a call for credentials is too long"));
            }
        }
        reply.body(body.into()).map_err(|e| Error::unexpected(e.to_string()))
    }
}
