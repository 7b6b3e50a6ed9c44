//! Why a request failed, in words that can be shown.
//!
//! A store's own answer may repeat the signed request with its session token; of it, only the status, the code and
//! the message are kept.

use std::error::Error;

use object_store::Error as StoreError;

/// Bytes of a store's message that are kept.
const MESSAGE_BYTES: usize = 200;

/// A request that failed for good: after its repetitions, if it was one to repeat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {cause}")]
pub struct StoreFault {
    /// `s3://bucket/key`, or the prefix that was listed.
    pub place: String,
    /// What happened and what to do.
    pub cause: String,
    /// Whether the same request may succeed later: the store was overloaded or not reached.
    pub passing: bool,
}

impl StoreFault {
    /// The fault among the causes of an error.
    pub fn in_chain<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        let mut cause = Some(error);
        while let Some(inner) = cause {
            if let Some(fault) = inner.downcast_ref::<Self>() {
                return Some(fault);
            }
            cause = cause_of(inner);
        }
        None
    }

    /// The fault that words tell of, where a layer between, or another process, has kept nothing else of it.
    pub fn in_text(text: &str) -> Option<Self> {
        // as an error of ours is shown, and as it is debugged by whoever passes it on
        [(": ", "\n"), ("\", source: \"", "\" }")].into_iter().find_map(|(middle, end)| {
            text.rmatch_indices("s3://").find_map(|(at, _)| {
                let (place, rest) = text.get(at..)?.split_once(middle)?;
                let cause = rest.split(end).next()?.trim_end();
                let status = cause.split_once(' ').and_then(|(word, _)| word.parse::<u16>().ok());
                let status = status.filter(|status| (300..600).contains(status));
                let is_told = status.is_some() || cause.starts_with("no answer");
                let passing = status.is_none_or(is_passing);
                is_told.then(|| Self { place: place.to_owned(), cause: cause.to_owned(), passing })
            })
        })
    }

    pub(super) fn new(bucket: &str, key: &str, error: &StoreError) -> Self {
        let told = error.to_string();
        let status = after(&told, "status code: ").map(|text| text.split(':').next().unwrap_or(text).trim());
        let number: Option<u16> = status.and_then(|status| status.get(..3)?.parse().ok());
        let code = between(&told, "<Code>", "</Code>");
        let cause = match (status, code) {
            (None, None) => format!("{}{}", deepest(error), hint(None, &told)),
            (status, code) => {
                let mut parts: Vec<&str> = status.into_iter().chain(code).collect();
                let message = between(&told, "<Message>", "</Message>").map(shortened);
                parts.extend(message.filter(|message| !message.is_empty()));
                // a code says more than the status
                let hint = code.map_or_else(|| hint(number, ""), |code| hint(None, code));
                format!("{}{hint}", parts.join(": "))
            }
        };
        let passing = match number {
            Some(number) => is_passing(number),
            None => code.is_some_and(|code| matches!(code, "SlowDown" | "InternalError")) || is_transport(error),
        };
        Self { place: format!("s3://{bucket}/{key}"), cause, passing }
    }
}

/// What an error was made from, also where its `source` leaves that out.
pub(in crate::delta) fn cause_of<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    if let Some(io) = error.downcast_ref::<std::io::Error>() {
        return io.get_ref().map(|made_from| made_from as &(dyn Error + 'static));
    }
    match error.downcast_ref::<delta_kernel::Error>() {
        Some(delta_kernel::Error::ObjectStore(store)) => Some(store),
        Some(delta_kernel::Error::Backtraced { source, .. }) => Some(source.as_ref()),
        _ => error.source(),
    }
}

/// The same error with a [`StoreFault`] as its source.
///
/// A bucket that is missing is not an object that is missing: whoever looks for a table must not find "none".
pub(super) fn clean(bucket: &str, key: &str, error: StoreError) -> StoreError {
    let source = Box::new(StoreFault::new(bucket, key, &error));
    match error {
        StoreError::NotFound { .. } if source.cause.contains("NoSuchBucket") => {
            StoreError::Generic { store: "S3", source }
        }
        StoreError::NotFound { path, .. } => StoreError::NotFound { path, source },
        StoreError::AlreadyExists { path, .. } => StoreError::AlreadyExists { path, source },
        StoreError::Precondition { path, .. } => StoreError::Precondition { path, source },
        StoreError::NotModified { path, .. } => StoreError::NotModified { path, source },
        StoreError::PermissionDenied { path, .. } => StoreError::PermissionDenied { path, source },
        StoreError::Unauthenticated { path, .. } => StoreError::Unauthenticated { path, source },
        StoreError::Generic { store, .. } => StoreError::Generic { store, source },
        other => other,
    }
}

/// What to do about it, by the status of an answer, or by the store's code or the text of a transport error. Numbers in
/// a text mean nothing: addresses have them.
fn hint(status: Option<u16>, text: &str) -> &'static str {
    let is = |texts: &[&str]| texts.iter().any(|wanted| text.contains(wanted));
    if is(&["NoSuchBucket"]) {
        return "; create the bucket or correct its name";
    }
    let refused = ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "AccessDenied"];
    if matches!(status, Some(401 | 403)) || is(&refused) {
        return "; check the credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or the platform's role";
    }
    if is(&["169.254.", "/latest/api/token", "/latest/meta-data"]) {
        return "; no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or give the platform a role";
    }
    let elsewhere =
        ["PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraint", "configured region"];
    if status == Some(301) || is(&elsewhere) {
        return "; check AWS_REGION";
    }
    if is(&["http://", "https://"]) {
        return "; check AWS_ENDPOINT_URL and the network";
    }
    ""
}

/// Words of a failure without an answer: the chain ends in the operating system's.
fn deepest(error: &StoreError) -> String {
    let mut last: &dyn Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    if !is_transport(error) {
        return last.to_string();
    }
    // the operating system's error alone does not say that a connection was tried
    let told = error.to_string();
    let retries = between(&told, "after ", " retries").map(|n| format!(" after {n} retries"));
    format!("no answer{}: {last}", retries.unwrap_or_default())
}

/// Whether a store that answers with this status may answer otherwise later.
fn is_passing(status: u16) -> bool {
    status >= 500 || matches!(status, 408 | 429)
}

fn is_transport(error: &StoreError) -> bool {
    let mut cause = Some(error as &(dyn Error + 'static));
    while let Some(inner) = cause {
        if inner.is::<object_store::client::HttpError>() {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    text.split_once(start).map(|(_, rest)| rest)
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    after(text, start)?.split_once(end).map(|(inner, _)| inner)
}

fn shortened(text: &str) -> &str {
    let end = (0..=MESSAGE_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// What the client tells of a request that got no answer, or but a part of one.
#[cfg(test)]
pub(super) fn unanswered(told: &str) -> StoreError {
    use object_store::client::{HttpError, HttpErrorKind};

    #[derive(Debug, thiserror::Error)]
    #[error("Error performing PUT {told} - {source}")]
    struct Unanswered {
        told: String,
        source: HttpError,
    }

    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let source = HttpError::new(HttpErrorKind::Interrupted, reset);
    StoreError::Generic { store: "S3", source: Box::new(Unanswered { told: told.to_owned(), source }) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use datafusion::common::DataFusionError;

    use super::{StoreError, StoreFault, clean, unanswered};
    use crate::EngineError;

    fn answered(status: &str, body: &str) -> StoreError {
        let source = format!(
            "Error performing GET http://host/b?list-type=2 in 1ms - Server returned non-2xx status code: {status}: {body}"
        );
        StoreError::Generic { store: "S3", source: source.into() }
    }

    fn fault(error: StoreError) -> StoreFault {
        StoreFault::in_chain(&clean("b", "w/key", error)).cloned().unwrap()
    }

    #[test]
    fn status_code_and_message_are_kept_and_nothing_else() {
        let body = "<Error><Code>SignatureDoesNotMatch</Code><Message>They differ.</Message>\
                    <CanonicalRequest>x-amz-security-token:hush</CanonicalRequest></Error>";
        let fault = fault(answered("403 Forbidden", body));
        assert!(fault.cause.starts_with("403 Forbidden: SignatureDoesNotMatch: They differ.; check"), "{fault}");
        assert!(!fault.cause.contains("hush") && !fault.passing);
        assert_eq!(fault.place, "s3://b/w/key");
    }

    #[test]
    fn other_bodies_are_dropped() {
        let fault = fault(answered("503 Service Unavailable", "<html>hush</html>"));
        assert_eq!((fault.cause.as_str(), fault.passing), ("503 Service Unavailable", true));
    }

    #[test]
    fn what_to_do_follows_from_the_answer_and_not_from_numbers_in_an_address() {
        let told = |error: StoreError| fault(error).cause;
        let reset = told(unanswered("http://host/b/w/key?partNumber=1&uploadId=2~301x403x401 in 1ms"));
        assert_eq!(reset, "no answer: connection reset; check AWS_ENDPOINT_URL and the network");
        assert!(told(answered("301 Moved Permanently", "")).ends_with("; check AWS_REGION"));
        assert!(told(answered("403 Forbidden", "")).contains("; check the credentials"));
        assert!(!told(answered("403 Forbidden", "<Code>RequestTimeTooSkewed</Code>")).contains("check"));
        let missing = told(answered("404 Not Found", "<Code>NoSuchBucket</Code>"));
        assert!(missing.ends_with("NoSuchBucket; create the bucket or correct its name"), "{missing}");
    }

    #[test]
    fn a_missing_bucket_is_no_missing_object() {
        let missing = |code: &str| {
            let source = format!("status code: 404 Not Found: <Code>{code}</Code>").into();
            clean("b", "k", StoreError::NotFound { path: "k".into(), source })
        };
        assert!(matches!(missing("NoSuchKey"), StoreError::NotFound { .. }));
        assert!(matches!(missing("NoSuchBucket"), StoreError::Generic { .. }));
    }

    #[test]
    fn faults_are_found_below_other_errors() {
        let error = || clean("b", "k", answered("500 Internal Server Error", ""));
        let io = std::io::Error::from(error());
        assert!(StoreFault::in_chain(&io).is_some());
        let plan = DataFusionError::Shared(Arc::new(DataFusionError::ParquetError(Box::new(error().into()))));
        match EngineError::from(plan) {
            EngineError::Storage { place, source } => {
                assert_eq!((place.as_str(), source.to_string().as_str()), ("s3://b/k", "500 Internal Server Error"));
            }
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn faults_are_found_in_words() {
        let shown = "Parquet error: Failed to fetch metadata for file w/a: Object Store error: for path w/a: \
                     s3://b/w/a: 403 Forbidden: AccessDenied: no; check the credentials: AWS_PROFILE";
        let debugged = "Execution error: Job 1 failed: DataFusionError(Shared(External(Storage { place: \"s3://b/w/a\", \
                        source: \"503 Slow Down\" })))\n";
        let fault = |text: &str| StoreFault::in_text(text).map(|fault| (fault.place, fault.cause, fault.passing));
        let forbidden = "403 Forbidden: AccessDenied: no; check the credentials: AWS_PROFILE";
        assert_eq!(fault(shown), Some(("s3://b/w/a".into(), forbidden.into(), false)));
        assert_eq!(fault(debugged), Some(("s3://b/w/a".into(), "503 Slow Down".into(), true)));
        assert_eq!(fault("s3://b/w/a: no answer: timed out").map(|fault| fault.2), Some(true));
        for other in ["s3://b/w: the store ignores it", "s3://b/w: 12 rows", "s3://b/w/a is no table", "by zero"] {
            assert_eq!(fault(other), None, "{other}");
        }
    }
}
