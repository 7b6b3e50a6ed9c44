//! Questions that a store must answer rightly before it is trusted.

use futures::future::join_all;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use uuid::Uuid;

use super::s3::{Patience, connect};
use crate::{EngineError, Result};

/// Folder of the objects that the question leaves for a moment.
const FOLDER: &str = "_almanac";
/// Creators of one object at once.
const CREATORS: usize = 4;

/// Whether an object can be created only once, also by several at the same moment: what every commit relies on.
///
/// Some stores ignore `If-None-Match: *` and let the last writer win; commits would then overwrite each other.
/// Costs eight requests and leaves nothing behind.
///
/// # Errors
/// Those of the store, where it gives no answer.
pub async fn conditional_create_is_exclusive(store: &dyn ObjectStore) -> Result<bool, Error> {
    let path = Path::from_iter([FOLDER, &format!("exclusive-{}", Uuid::new_v4())]);
    let answer = ask(store, &path).await;
    // what cannot be removed is an object of one byte
    let _ = store.delete(&path).await;
    answer
}

/// A creator whose answer was lost does not know that it won: what counts is that no two won and that nobody else can.
async fn ask(store: &dyn ObjectStore, path: &Path) -> Result<bool, Error> {
    let created = join_all((0..CREATORS).map(|creator| create(store, path, creator))).await;
    let won = |(creator, created): (usize, Result<bool, Error>)| created.unwrap_or(false).then_some(creator);
    let mut winners: Vec<usize> = created.into_iter().enumerate().filter_map(won).collect();
    // a store may refuse all of several at once, but not the only one
    if winners.is_empty() && create(store, path, CREATORS).await? {
        winners.push(CREATORS);
    }
    let before = content(store, path).await?;
    let others_refused = !create(store, path, CREATORS + 1).await?;
    let after = content(store, path).await?;
    let of_winner = winners.iter().all(|winner| Some(*winner) == before.map(usize::from));
    Ok(winners.len() <= 1 && others_refused && of_winner && before == after)
}

async fn content(store: &dyn ObjectStore, path: &Path) -> Result<Option<u8>, Error> {
    Ok(store.get(path).await?.bytes().await?.first().copied())
}

/// Whether this creator made the object.
async fn create(store: &dyn ObjectStore, path: &Path, creator: usize) -> Result<bool, Error> {
    let content = PutPayload::from(vec![creator as u8]);
    match store.put_opts(path, content, PutMode::Create.into()).await {
        Ok(_) => Ok(true),
        Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Finds out in seconds whether the bucket is there and lets us list it.
///
/// # Errors
/// `Storage` with bucket, prefix and cause.
pub(in crate::delta) async fn reach(bucket: &str, prefix: &Path) -> Result<()> {
    let store = connect(bucket, Patience::FirstContact)?;
    match store.list_with_delimiter(Some(prefix)).await {
        Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(EngineError::storage(&format!("s3://{bucket}/{prefix}"), error)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fmt;

    use async_trait::async_trait;
    use futures::stream::BoxStream;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{
        CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
        PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
    };

    use super::conditional_create_is_exclusive;

    /// A store that overwrites whatever it is asked to create.
    #[derive(Debug, Default)]
    struct Careless(InMemory);

    impl fmt::Display for Careless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("careless")
        }
    }

    #[async_trait]
    impl ObjectStore for Careless {
        async fn put_opts(&self, location: &Path, payload: PutPayload, _: PutOptions) -> Result<PutResult> {
            self.0.put_opts(location, payload, PutMode::Overwrite.into()).await
        }

        async fn put_multipart_opts(
            &self,
            at: &Path,
            options: PutMultipartOptions,
        ) -> Result<Box<dyn MultipartUpload>> {
            self.0.put_multipart_opts(at, options).await
        }

        async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
            self.0.get_opts(location, options).await
        }

        fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
            self.0.delete_stream(locations)
        }

        fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
            self.0.list(prefix)
        }

        async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
            self.0.list_with_delimiter(prefix).await
        }

        async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
            self.0.copy_opts(from, to, options).await
        }
    }

    #[tokio::test]
    async fn careful_and_careless_stores_are_told_apart() {
        let careful = InMemory::new();
        assert!(conditional_create_is_exclusive(&careful).await.unwrap());
        assert_eq!(careful.list_with_delimiter(None).await.unwrap().common_prefixes, []);
        assert!(!conditional_create_is_exclusive(&Careless::default()).await.unwrap());
    }
}
