//! One object, written as its bytes come: at once if it is small, else in parts.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayloadMut, Result};
use tokio::task::JoinSet;

/// Bytes of every part but the last, of stores that bill requests and refuse smaller parts; smaller objects are written
/// by one request.
const PART_BYTES: usize = 5 << 20;
/// The same on this machine's disk, where parts cost nothing but the memory they wait in.
const LOCAL_PART_BYTES: usize = 1 << 20;
/// Parts that are uploaded at once: each is held in memory.
const PARTS_AT_ONCE: usize = 1;

/// An object that is not there before [`Self::finish`]. Parts that were uploaded for nothing cost until
/// [`Self::abort`].
pub(super) struct Upload {
    store: Arc<dyn ObjectStore>,
    path: Path,
    part_bytes: usize,
    buffer: PutPayloadMut,
    parts: Option<Box<dyn MultipartUpload>>,
    running: JoinSet<Result<()>>,
}

impl Upload {
    pub(super) fn new(store: Arc<dyn ObjectStore>, path: Path, is_local: bool) -> Self {
        let part_bytes = if is_local { LOCAL_PART_BYTES } else { PART_BYTES };
        Self { store, path, part_bytes, buffer: PutPayloadMut::new(), parts: None, running: JoinSet::new() }
    }

    /// Where the object will be.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes bytes; waits while too many parts are on their way.
    pub(super) async fn put(&mut self, mut bytes: Bytes) -> Result<()> {
        while !bytes.is_empty() {
            let room = self.part_bytes - self.buffer.content_length();
            self.buffer.push(bytes.split_to(room.min(bytes.len())));
            if self.buffer.content_length() == self.part_bytes {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Makes the object appear, whole.
    pub(super) async fn finish(&mut self) -> Result<()> {
        if self.parts.is_none() {
            let whole = std::mem::take(&mut self.buffer).freeze();
            return self.store.put(&self.path, whole).await.map(drop);
        }
        if !self.buffer.is_empty() {
            self.send().await?;
        }
        while self.one_arrived().await? {}
        if let Some(parts) = &mut self.parts {
            parts.complete().await?;
        }
        self.parts = None;
        Ok(())
    }

    /// Removes the parts, as far as the store answers; what it keeps ends by its own rules for abandoned uploads.
    pub(super) async fn abort(&mut self) {
        self.running.shutdown().await;
        if let Some(mut parts) = self.parts.take()
            && let Err(error) = parts.abort().await
        {
            tracing::debug!(path = %self.path, %error, "parts of an upload stay behind");
        }
    }

    async fn send(&mut self) -> Result<()> {
        while self.running.len() >= PARTS_AT_ONCE {
            self.one_arrived().await?;
        }
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => self.parts.insert(self.store.put_multipart(&self.path).await?),
        };
        let part = parts.put_part(std::mem::take(&mut self.buffer).freeze());
        self.running.spawn(part);
        Ok(())
    }

    /// Waits for a part; false if none was on its way.
    async fn one_arrived(&mut self) -> Result<bool> {
        match self.running.join_next().await {
            Some(sent) => sent?.map(|()| true),
            None => Ok(false),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use async_trait::async_trait;
    use bytes::Bytes;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{
        Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload, PutResult, Result, UploadPart,
    };

    use super::{PART_BYTES, Upload};

    fn bytes(n: usize) -> Bytes {
        (0..n).map(|i| (i % 251) as u8).collect()
    }

    #[tokio::test]
    async fn objects_of_every_size_arrive_whole() {
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        for size in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES + 17] {
            let path = Path::from(format!("o{size}"));
            let mut upload = Upload::new(Arc::clone(&store), path.clone(), size % 2 == 0);
            let whole = bytes(size);
            for start in (0..size).step_by(5_000_000) {
                upload.put(whole.slice(start..size.min(start + 5_000_000))).await.unwrap();
                assert!(store.head(&path).await.is_err(), "an unfinished object can be seen");
            }
            upload.finish().await.unwrap();
            assert!(store.get(&path).await.unwrap().bytes().await.unwrap() == whole, "{size}");
        }
    }

    /// Parts whose `failing`-th one, or whose completion, fails; counts what is aborted.
    #[derive(Debug)]
    struct Failing {
        part: usize,
        failing: usize,
        aborted: Arc<AtomicUsize>,
    }

    fn failure<T>() -> Result<T> {
        Err(Error::Generic { store: "test", source: "failed".into() })
    }

    #[async_trait]
    impl MultipartUpload for Failing {
        fn put_part(&mut self, _: PutPayload) -> UploadPart {
            self.part += 1;
            let fails = self.part == self.failing;
            Box::pin(async move { if fails { failure() } else { Ok(()) } })
        }

        async fn complete(&mut self) -> Result<PutResult> {
            failure()
        }

        async fn abort(&mut self) -> Result<()> {
            self.aborted.fetch_add(1, SeqCst);
            Ok(())
        }
    }

    #[tokio::test]
    async fn failed_parts_are_removed() {
        for failing in [1, 3, 9] {
            let aborted = Arc::new(AtomicUsize::new(0));
            let mut upload = Upload::new(Arc::new(InMemory::new()), Path::from("o"), false);
            upload.parts = Some(Box::new(Failing { part: 0, failing, aborted: Arc::clone(&aborted) }));
            let mut ended = upload.put(bytes(4 * PART_BYTES)).await;
            if ended.is_ok() {
                ended = upload.finish().await;
            }
            assert!(ended.is_err());
            upload.abort().await;
            assert_eq!(aborted.load(SeqCst), 1, "part {failing}");
        }
    }
}
