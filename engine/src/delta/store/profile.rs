//! Credentials of the shared profile files, `~/.aws/credentials` and `~/.aws/config`.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use object_store::CredentialProvider;
use object_store::aws::{AwsCredential, AwsCredentialProvider};
use tokio::sync::Mutex;

/// Credentials are renewed this long before they expire, so that none expires during a request.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// Variables by which a platform or the environment gives credentials of its own.
const OTHER_SOURCES: [&str; 5] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// The profile named by `AWS_PROFILE`, or the default one where a file of credentials is and nothing else gives any.
/// Keys in the environment win over both.
pub(super) fn provider() -> Option<AwsCredentialProvider> {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("AWS_ACCESS_KEY_ID") {
        return None;
    }
    let by_default =
        || !OTHER_SOURCES.iter().any(|name| is_set(name)) && credentials_file().is_some_and(|f| f.is_file());
    if !is_set("AWS_PROFILE") && !by_default() {
        return None;
    }
    let provider = ProfileFileCredentialsProvider::builder().build();
    Some(Arc::new(Profile { provider, last: Mutex::new(None) }))
}

fn credentials_file() -> Option<PathBuf> {
    let named = env::var_os("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    named.or_else(|| Some(env::home_dir()?.join(".aws/credentials")))
}

#[derive(Debug)]
struct Profile {
    provider: ProfileFileCredentialsProvider,
    last: Mutex<Option<Credentials>>,
}

#[async_trait]
impl CredentialProvider for Profile {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut last = self.last.lock().await;
        let lasts = |known: &Credentials| known.expiry().is_none_or(|end| end > SystemTime::now() + RENEW_BEFORE);
        let known = match last.take().filter(lasts) {
            Some(known) => known,
            None => self.provider.provide_credentials().await.map_err(unavailable)?,
        };
        let credential = AwsCredential {
            key_id: known.access_key_id().to_owned(),
            secret_key: known.secret_access_key().to_owned(),
            token: known.session_token().map(str::to_owned),
        };
        *last = Some(known);
        Ok(Arc::new(credential))
    }
}

/// The provider's own words may quote the files: only that it failed, and where to look, is said.
fn unavailable(_: aws_credential_types::provider::error::CredentialsError) -> object_store::Error {
    let name = env::var("AWS_PROFILE").unwrap_or_else(|_| "default".into());
    let source = format!("profile {name:?} gives no credentials; check AWS_PROFILE and the files below ~/.aws").into();
    object_store::Error::Generic { store: "S3", source }
}
