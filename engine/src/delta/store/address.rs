//! The address of a warehouse on S3.

use object_store::path::Path;
use url::Url;

use crate::{EngineError, Result};

/// Lengths that S3 allows a bucket's name.
const BUCKET_LENGTH: std::ops::RangeInclusive<usize> = 3..=63;

/// `s3://bucket/prefix/` of an address as given, with or without a prefix or a slash at the end.
///
/// # Errors
/// `Configuration` for a bucket that cannot be and for characters that URLs and keys write differently. Credentials
/// have no place in an address and are not repeated in the refusal.
pub(in crate::delta) fn s3_root(uri: &str) -> Result<Url> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    // a secret may hold a slash, so that it would not look like part of the bucket
    if rest.contains('@') {
        return Err(refused(
            uri,
            "credentials come from the environment, a profile or the platform; write s3://bucket",
        ));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if !BUCKET_LENGTH.contains(&bucket.len()) || !bucket.chars().all(plain) {
        return Err(refused(uri, "a bucket has 3 to 63 letters, digits, dots and hyphens; write s3://bucket/prefix"));
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    // a root is passed on as a URL: what was encoded once must name the same place again
    let decoded = Path::from_url_path(prefix);
    let decoded = decoded.map_err(|_| refused(uri, "a prefix has no empty parts and none named . or .."))?;
    let odd = |c: char| matches!(c, '?' | '#' | '%' | '\\') || c.is_control();
    if prefix.contains(['?', '#']) || decoded.as_ref().contains(odd) {
        return Err(refused(uri, "a prefix has none of ? # % \\ and no control characters"));
    }
    let mut root = Url::parse(&format!("s3://{bucket}/")).map_err(|error| refused(uri, &error.to_string()))?;
    if let (Ok(mut segments), false) = (root.path_segments_mut(), decoded.as_ref().is_empty()) {
        segments.clear().extend(decoded.as_ref().split('/')).push("");
    }
    Ok(root)
}

pub(super) fn refused(uri: &str, message: &str) -> EngineError {
    EngineError::Configuration { key: "warehouse".into(), value: without_secrets(uri), message: message.into() }
}

/// A URL as it may be shown: without user, password and query.
pub fn without_secrets(url: &str) -> String {
    let (start, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    // a secret may itself hold a slash or a question mark: all before the last @ goes
    let shown = match rest.rsplit_once('@') {
        Some((_, host)) if !start.is_empty() => format!("***@{host}"),
        _ => rest.to_owned(),
    };
    let shown = match shown.split_once('?') {
        Some((path, _)) if !start.is_empty() => format!("{path}?***"),
        _ => shown,
    };
    if start.is_empty() { shown } else { format!("{start}://{shown}") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{s3_root, without_secrets};

    #[test]
    fn addresses() {
        for (given, root) in [
            ("s3://bucket", "s3://bucket/"),
            ("s3://bucket/", "s3://bucket/"),
            ("s3a://bucket/a", "s3://bucket/a/"),
            ("s3://bucket.of-mine/a/b/", "s3://bucket.of-mine/a/b/"),
            ("s3://bucket/a b/ü", "s3://bucket/a%20b/%C3%BC/"),
            ("s3://bucket/a%20b/%c3%bc", "s3://bucket/a%20b/%C3%BC/"),
        ] {
            assert_eq!(s3_root(given).unwrap().as_str(), root, "{given}");
            assert_eq!(s3_root(root).unwrap().as_str(), root, "{given} again");
        }
        for bad in ["s3://", "s3:///a", "s3://ab", "s3://bucket:80/a", "s3://bu cket", "s3://bucket/a//b"] {
            assert!(s3_root(bad).is_err(), "{bad}");
        }
        for bad in ["s3://bucket/../a", "s3://bucket/./a", "s3://bucket/a?b", "s3://bucket/a%25b", "s3://bucket/a#b"] {
            assert!(s3_root(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn refusals_repeat_no_secret() {
        for bad in ["s3://key:hush@bucket/a", "s3://key:hu/hush@bucket/a", "s3://bucket/a?secret=hush"] {
            let message = s3_root(bad).unwrap_err().to_string();
            assert!(!message.contains("hush"), "{message}");
        }
        assert_eq!(without_secrets("https://user:hush@host/a?b=hush"), "https://***@host/a?***");
        assert_eq!(without_secrets("/folder/a@b?c"), "/folder/a@b?c");
    }
}
