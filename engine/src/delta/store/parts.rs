//! An upload in parts of which every request is asked again whose answer broke off.
//!
//! What was asked twice may have been done twice. A part has its place by its number; of two uploads that were begun the
//! first, whose name was never told, is left to the bucket's rules; one that was completed is gone when it is completed
//! again, and its object there.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use object_store::aws::AmazonS3;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    Error, GetOptions, MultipartId, MultipartUpload, ObjectMeta, ObjectStore, PutPayload, PutResult, Result, UploadPart,
};

use super::repeat::{is_broken_answer, repeated};

/// What makes errors fit to be shown.
pub(super) type About = Arc<dyn Fn(Error) -> Error + Send + Sync>;

/// The most by which clocks of S3 and of those that sign requests for it may differ: it refuses others.
const CLOCKS: TimeDelta = TimeDelta::minutes(15);

pub(super) struct GuardedUpload {
    shared: Arc<Shared>,
    /// Parts and bytes that were handed over.
    parts: usize,
    bytes: u64,
    begun: DateTime<Utc>,
}

/// What an upload and the requests of its parts share.
struct Shared {
    store: AmazonS3,
    path: Path,
    id: MultipartId,
    about: About,
    limit: Duration,
    /// Parts that are in the store, by their number.
    done: Mutex<BTreeMap<usize, PartId>>,
}

impl Shared {
    fn done(&self) -> MutexGuard<'_, BTreeMap<usize, PartId>> {
        self.done.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl GuardedUpload {
    pub(super) async fn begin(store: AmazonS3, path: Path, about: About, limit: Duration) -> Result<Self> {
        let begun = Utc::now();
        let create = || store.create_multipart(&path);
        let id = repeated(limit, is_broken_answer, create).await.map_err(|error| about(error))?;
        let shared = Shared { store, path, id, about, limit, done: Mutex::default() };
        Ok(Self { shared: Arc::new(shared), parts: 0, bytes: 0, begun })
    }

    /// The object, if it is what this upload has made; else the error.
    async fn made(&self, error: Error) -> Result<PutResult> {
        let shared = &self.shared;
        let head = || shared.store.get_opts(&shared.path, GetOptions::new().with_head(true));
        match repeated(shared.limit, is_broken_answer, head).await {
            Ok(found) if is_made(&found.meta, self.bytes, self.begun) => {
                Ok(PutResult { e_tag: found.meta.e_tag, version: found.meta.version })
            }
            _ => Err(error),
        }
    }
}

/// Whether an object is what an upload of so many bytes has made, and no older one of that name.
fn is_made(object: &ObjectMeta, bytes: u64, begun: DateTime<Utc>) -> bool {
    object.size == bytes && object.last_modified + CLOCKS >= begun
}

impl fmt::Debug for GuardedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardedUpload")
            .field("path", &self.shared.path)
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl MultipartUpload for GuardedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        let (shared, number) = (Arc::clone(&self.shared), self.parts);
        self.parts += 1;
        self.bytes += data.content_length() as u64;
        Box::pin(async move {
            let put = || shared.store.put_part(&shared.path, &shared.id, number, data.clone());
            let part = repeated(shared.limit, is_broken_answer, put).await.map_err(|error| (shared.about)(error))?;
            shared.done().insert(number, part);
            Ok(())
        })
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let shared = &self.shared;
        let parts: Vec<PartId> = shared.done().values().cloned().collect();
        if parts.len() != self.parts {
            return Err(Error::Generic { store: "S3", source: "not every part of the upload has arrived".into() });
        }
        let complete = || shared.store.complete_multipart(&shared.path, &shared.id, parts.clone());
        let completed = match repeated(shared.limit, is_broken_answer, complete).await {
            Err(error @ Error::NotFound { .. }) => self.made(error).await,
            completed => completed,
        };
        completed.map_err(|error| (shared.about)(error))
    }

    async fn abort(&mut self) -> Result<()> {
        let shared = &self.shared;
        let abort = || shared.store.abort_multipart(&shared.path, &shared.id);
        match repeated(shared.limit, is_broken_answer, abort).await {
            // it is gone
            Err(Error::NotFound { .. }) => Ok(()),
            aborted => aborted.map_err(|error| (shared.about)(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_object_is_not_what_was_uploaded() {
        let begun = Utc::now();
        let object = |size: u64, age: TimeDelta| ObjectMeta {
            location: Path::from("o"),
            last_modified: begun - age,
            size,
            e_tag: None,
            version: None,
        };
        assert!(is_made(&object(7, TimeDelta::zero()), 7, begun));
        // the store's clock is behind
        assert!(is_made(&object(7, TimeDelta::minutes(1)), 7, begun));
        assert!(!is_made(&object(7, TimeDelta::minutes(16)), 7, begun));
        assert!(!is_made(&object(8, TimeDelta::zero()), 7, begun));
    }
}
