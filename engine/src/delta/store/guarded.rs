//! An S3 bucket whose errors name bucket, key and cause, and can be shown.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use super::cause::clean;
use super::parts::GuardedUpload;
use super::repeat::{is_broken_answer, is_broken_list, repeated};

/// Objects that one request removes, and such requests at once.
const REMOVED_TOGETHER: usize = 1_000;
const REMOVALS_AT_ONCE: usize = 20;

/// Every error of the client passes here before any other layer logs or wraps it.
#[derive(Debug)]
pub(super) struct Guarded {
    bucket: Arc<str>,
    inner: AmazonS3,
    limit: Duration,
}

impl Guarded {
    /// A client whose broken answers are asked for again, within the time that a request may be repeated.
    pub(super) fn new(bucket: &str, inner: AmazonS3, limit: Duration) -> Self {
        Self { bucket: bucket.into(), inner, limit }
    }

    /// What makes errors about `key` fit to be shown.
    fn about(&self, key: &str) -> impl Fn(object_store::Error) -> object_store::Error + Send + Sync + use<> {
        let (bucket, key) = (Arc::clone(&self.bucket), key.to_owned());
        move |error| clean(&bucket, &key, error)
    }

    fn about_listing(
        &self,
        prefix: Option<&Path>,
    ) -> impl Fn(object_store::Error) -> object_store::Error + Send + use<> {
        self.about(prefix.map_or("", Path::as_ref))
    }
}

impl fmt::Display for Guarded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)
    }
}

#[async_trait]
impl ObjectStore for Guarded {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let put = if matches!(options.mode, PutMode::Overwrite) {
            let put = || self.inner.put_opts(location, payload.clone(), options.clone());
            repeated(self.limit, is_broken_answer, put).await
        } else {
            // done twice it would be refused
            self.inner.put_opts(location, payload, options).await
        };
        put.map_err(self.about(location.as_ref()))
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        if options != PutMultipartOptions::default() {
            let source = "uploads in parts have no tags and attributes here".into();
            return Err(object_store::Error::NotSupported { source });
        }
        let about = Arc::new(self.about(location.as_ref()));
        let upload = GuardedUpload::begin(self.inner.clone(), location.clone(), about, self.limit).await?;
        Ok(Box::new(upload))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let about = self.about(location.as_ref());
        let get = || self.inner.get_opts(location, options.clone());
        let mut found = repeated(self.limit, is_broken_answer, get).await.map_err(&about)?;
        if let GetResultPayload::Stream(stream) = found.payload {
            found.payload = GetResultPayload::Stream(stream.map_err(about).boxed());
        }
        Ok(found)
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let (inner, limit) = (self.inner.clone(), self.limit);
        let deleted = locations.try_chunks(REMOVED_TOGETHER).map(move |paths| {
            let inner = inner.clone();
            async move {
                let paths = paths.map_err(|stopped| stopped.1)?;
                let delete = || answers(inner.delete_stream(stream::iter(paths.clone()).map(Ok).boxed()));
                repeated(limit, is_broken_answer, delete).await.map(stream::iter)
            }
        });
        deleted.buffered(REMOVALS_AT_ONCE).try_flatten().map_err(self.about("")).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, below) = (self.inner.clone(), prefix.cloned());
        whole(self.limit, move || inner.list(below.as_ref())).map_err(self.about_listing(prefix)).boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, below, offset) = (self.inner.clone(), prefix.cloned(), offset.clone());
        let list = move || inner.list_with_offset(below.as_ref(), &offset);
        whole(self.limit, list).map_err(self.about_listing(prefix)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let list = || self.inner.list_with_delimiter(prefix);
        let listed = repeated(self.limit, is_broken_list, list).await;
        listed.map_err(self.about_listing(prefix))
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let copy = || self.inner.copy_opts(from, to, options.clone());
        let copied = match options.mode {
            CopyMode::Overwrite => repeated(self.limit, is_broken_answer, copy).await,
            CopyMode::Create => copy().await,
        };
        copied.map_err(self.about(to.as_ref()))
    }
}

/// A listing that is read to its end before anything of it is told, and read again when an answer breaks off: the
/// client repeats requests and reads of objects, but no listing whose answer has begun.
fn whole<F>(limit: Duration, list: F) -> impl Stream<Item = Result<ObjectMeta>> + Send
where
    F: Fn() -> BoxStream<'static, Result<ObjectMeta>> + Send + Sync + 'static,
{
    let read = async move { repeated(limit, is_broken_list, || list().try_collect::<Vec<_>>()).await };
    stream::once(read).map_ok(|found| stream::iter(found).map(Ok)).try_flatten()
}

/// What was answered about each object that was to be removed; the error of a request that got no answer.
async fn answers(deleted: BoxStream<'static, Result<Path>>) -> Result<Vec<Result<Path>>> {
    let mut answers: Vec<Result<Path>> = deleted.collect().await;
    match answers.iter().position(|answer| answer.as_ref().is_err_and(is_broken_answer)) {
        Some(broken) => answers.swap_remove(broken).map(|path| vec![Ok(path)]),
        None => Ok(answers),
    }
}
