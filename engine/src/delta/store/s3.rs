//! The client of a bucket, from the environment.
//!
//! Endpoint and region: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` or `AWS_ENDPOINT`; `AWS_REGION`, else us-east-1.
//! Credentials, first found: keys in the environment; a profile ([`super::profile`]); a web identity (IRSA); a
//! container's; the instance's. Commits are conditional puts: no lock table, no renames.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::client::{ClientConfigKey, SpawnedReqwestConnector};
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use tokio::runtime::{Builder, Handle, Runtime};

use super::address::without_secrets;
use super::guarded::Guarded;
use super::profile;
use crate::{EngineError, Result};

/// Threads for requests: apart from those that fit models, which would starve them.
const REQUEST_THREADS: usize = 2;

/// How long a store is borne with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// First contact: an address or credentials that are wrong should be told in seconds.
    FirstContact,
    /// Work: overload and lost connections pass.
    Work,
}

impl Patience {
    /// Repetitions with exponential pauses, of which a random part is taken.
    fn retry(self) -> RetryConfig {
        let (retries, seconds, longest) = match self {
            Self::FirstContact => (4, 15, 1),
            Self::Work => (10, 60, 5),
        };
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(longest),
                base: 2.0,
            },
            max_retries: retries,
            retry_timeout: Duration::from_secs(seconds),
        }
    }

    /// Time for a connection and for a whole request, as the builder reads them.
    fn timeouts(self) -> (&'static str, &'static str) {
        match self {
            Self::FirstContact => ("3s", "10s"),
            Self::Work => ("5s", "30s"),
        }
    }
}

/// A client of the bucket. Asks nothing of the network.
///
/// # Errors
/// `Configuration` for settings that make no client, and for an endpoint without encryption that was not allowed.
pub(super) fn connect(bucket: &str, patience: Patience) -> Result<Arc<dyn ObjectStore>> {
    let (connect, request) = patience.timeouts();
    let client = |key: ClientConfigKey| AmazonS3ConfigKey::Client(key);
    let mut builder = with_endpoint(AmazonS3Builder::from_env())?
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_retry(patience.retry())
        .with_config(client(ClientConfigKey::ConnectTimeout), connect)
        .with_config(client(ClientConfigKey::Timeout), request)
        .with_http_connector(SpawnedReqwestConnector::new(requests()?));
    // AWS's own clients do not hash either what is guarded: it costs both sides most of a second per gigabyte
    if std::env::var_os("AWS_UNSIGNED_PAYLOAD").is_none() {
        let guarded = guards(&builder);
        builder = builder.with_unsigned_payload(guarded);
    }
    if let Some(credentials) = profile::provider() {
        builder = builder.with_credentials(credentials);
    }
    let client: AmazonS3 = builder.build().map_err(|error| EngineError::Configuration {
        key: "AWS_*".into(),
        value: format!("s3://{bucket}"),
        message: format!("the environment describes no S3 client: {error}"),
    })?;
    Ok(Arc::new(Guarded::new(bucket, client, patience.retry().retry_timeout)))
}

/// Plain HTTP only for an endpoint that says so and was allowed to.
fn with_endpoint(builder: AmazonS3Builder) -> Result<AmazonS3Builder> {
    let endpoint = endpoint(&builder);
    let refused = |message: &str| EngineError::Configuration {
        key: "AWS_ENDPOINT_URL".into(),
        value: without_secrets(&endpoint),
        message: message.into(),
    };
    let allowed = builder.get_config_value(&AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp));
    let allowed =
        allowed.is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes" | "y"));
    let is_plain = endpoint.starts_with("http://");
    if endpoint.is_empty() {
        return Ok(builder.with_allow_http(false));
    }
    if !is_plain && !endpoint.starts_with("https://") {
        return Err(refused("an endpoint starts with https:// or http://"));
    }
    if endpoint.contains('@') {
        return Err(refused("an endpoint holds no credentials"));
    }
    if is_plain && !allowed {
        return Err(refused("it is not encrypted; use https:// or set AWS_ALLOW_HTTP=true"));
    }
    Ok(builder.with_allow_http(is_plain))
}

/// Whether TLS guards the bytes, or they never leave the machine.
fn guards(builder: &AmazonS3Builder) -> bool {
    let endpoint = endpoint(builder);
    let Some(address) = endpoint.strip_prefix("http://") else { return true };
    let host = address.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The endpoint that the environment names, or nothing for AWS's.
fn endpoint(builder: &AmazonS3Builder) -> String {
    let keys = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    keys.iter().find_map(|key| builder.get_config_value(key)).unwrap_or_default()
}

/// Where requests run, for the life of the process.
fn requests() -> Result<Handle> {
    static REQUESTS: OnceLock<Runtime> = OnceLock::new();
    if let Some(runtime) = REQUESTS.get() {
        return Ok(runtime.handle().clone());
    }
    let made = Builder::new_multi_thread()
        .worker_threads(REQUEST_THREADS)
        .thread_name("requests")
        .enable_all()
        .build()
        .map_err(|error| EngineError::storage("s3: starting threads for requests", error))?;
    Ok(REQUESTS.get_or_init(|| made).handle().clone())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    use object_store::client::ClientConfigKey;

    use super::{guards, with_endpoint};

    #[test]
    fn plain_http_is_allowed_only_where_it_was_asked_for() {
        let http = |endpoint: &str, allowed: &str| {
            let allow = AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp);
            let builder = AmazonS3Builder::new().with_endpoint(endpoint).with_config(allow, allowed);
            with_endpoint(builder).map(|builder| builder.get_config_value(&allow).unwrap()).map_err(|e| e.to_string())
        };
        assert_eq!(http("http://host:1", "true").unwrap(), "true");
        assert_eq!(http("https://host", "true").unwrap(), "false");
        assert!(http("http://host", "false").unwrap_err().contains("AWS_ALLOW_HTTP"));
        assert!(http("host:9000", "true").unwrap_err().contains("https://"));
        assert!(!http("http://user:hush@host", "true").unwrap_err().contains("hush"));
    }

    #[test]
    fn bytes_are_guarded_by_tls_or_on_this_machine() {
        let of = |endpoint: &str| guards(&AmazonS3Builder::new().with_endpoint(endpoint));
        assert!(guards(&AmazonS3Builder::new()));
        for guarded in
            ["https://host", "http://127.0.0.1:9000", "http://127.8.0.1/", "http://localhost", "http://[::1]:90"]
        {
            assert!(of(guarded), "{guarded}");
        }
        for open in
            ["http://10.0.0.1:9000", "http://store:80/path", "http://localhost.host", "http://[fe80::1]:90", "http://"]
        {
            assert!(!of(open), "{open}");
        }
    }
}
