//! Answers that are written as they come, batch by batch, so that however many rows there are memory holds few of them.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use almanac_engine::EngineError;
use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;

use super::pieces::Pieces;
use crate::exit::{Failure, Outcome};
use crate::show;

/// An answer that is being written.
pub(super) enum Stream {
    /// As text to standard output.
    Shown(Pieces),
    /// As text to a file.
    Text(Pieces, File, Draft),
    /// As Parquet to a file.
    Parquet(Box<ArrowWriter<File>>, Draft),
}

impl Stream {
    /// Text to a file, or to standard output without one.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn text(pieces: Pieces, into: Option<&Path>) -> Outcome<Self> {
        let Some(path) = into else { return Ok(Self::Shown(pieces)) };
        let (draft, file) = Draft::open(path)?;
        Ok(Self::Text(pieces, file, draft))
    }

    /// Rows like those of a batch to a Parquet file.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn parquet(batch: &RecordBatch, path: &Path) -> Outcome<Self> {
        let (draft, file) = Draft::open(path)?;
        let writer = ArrowWriter::try_new(file, batch.schema(), None).map_err(|error| draft.failed(error))?;
        Ok(Self::Parquet(Box::new(writer), draft))
    }

    /// Writes rows; false where the reader of standard output has gone away (`| head`), which is no error.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Outcome<bool> {
        match self {
            Self::Shown(pieces) => shown(&pieces.of(batch)?),
            Self::Text(pieces, file, draft) => {
                let piece = pieces.of(batch)?;
                file.write_all(&piece).map_err(|error| draft.failed(error))?;
                Ok(true)
            }
            Self::Parquet(writer, draft) => {
                writer.write(batch).map_err(|error| draft.failed(error))?;
                Ok(true)
            }
        }
    }

    /// Writes what ends it; a file is there from now on.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn finish(self) -> Outcome {
        match self {
            Self::Shown(pieces) => shown(pieces.end()).map(drop),
            Self::Text(pieces, mut file, draft) => {
                file.write_all(pieces.end()).map_err(|error| draft.failed(error))?;
                draft.keep()
            }
            Self::Parquet(mut writer, draft) => {
                writer.finish().map_err(|error| draft.failed(error))?;
                draft.keep()
            }
        }
    }
}

/// Writes to standard output; false where nobody reads it any more.
fn shown(bytes: &[u8]) -> Outcome<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(EngineError::storage(show::STDOUT, error).into()),
    }
}

/// The stream of this process that a path names, such as /dev/stdout: what it leads to is not to be replaced.
fn open_already(path: &Path) -> Option<File> {
    let named = fs::metadata(path).ok()?;
    let streams = [io::stdout().as_fd().try_clone_to_owned(), io::stderr().as_fd().try_clone_to_owned()];
    streams
        .into_iter()
        .flatten()
        .map(File::from)
        .find(|stream| stream.metadata().is_ok_and(|open| (open.dev(), open.ino()) == (named.dev(), named.ino())))
}

/// A file that is not there, or keeps what it held, until all is written; it goes where it is not kept.
pub(super) struct Draft {
    path: PathBuf,
    /// Where it is written; none where the path is no file that could be replaced, such as a pipe.
    part: Option<PathBuf>,
}

impl Draft {
    /// For a file, which keeps its permissions.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn open(path: &Path) -> Outcome<(Self, File)> {
        if let Some(file) = open_already(path) {
            return Ok((Self { path: path.to_path_buf(), part: None }, file));
        }
        let there = fs::metadata(path).ok();
        // a link stays one; one that leads nowhere yet is followed
        let leads_nowhere = there.is_none() && fs::symlink_metadata(path).is_ok();
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let is_special = there.as_ref().is_some_and(|known| !known.is_file());
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let part = (!is_special && !leads_nowhere)
            .then(|| path.with_file_name(format!(".{name}.{}.part", std::process::id())));
        let draft = Self { path, part };
        let file = File::create(draft.part.as_ref().unwrap_or(&draft.path)).map_err(|error| draft.failed(error))?;
        if let (Some(there), Some(_)) = (there, &draft.part) {
            file.set_permissions(there.permissions()).map_err(|error| draft.failed(error))?;
        }
        Ok((draft, file))
    }

    /// The failure of what is written.
    pub(super) fn failed(&self, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
        EngineError::storage(&self.path.display().to_string(), error).into()
    }

    /// The file is there from now on.
    ///
    /// # Errors
    /// `Storage` naming the file.
    pub(super) fn keep(mut self) -> Outcome {
        let Some(part) = self.part.take() else { return Ok(()) };
        fs::rename(&part, &self.path).map_err(|error| {
            // nothing to be kept: the folder has refused it
            let _ = fs::remove_file(&part);
            self.failed(error)
        })
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // a file that cannot be removed harms nobody
            let _ = fs::remove_file(part);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::super::pieces::Text;
    use super::*;

    fn rows(values: &[i64]) -> RecordBatch {
        let column: ArrayRef = Arc::new(Int64Array::from(values.to_vec()));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_file_is_there_when_all_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        fs::write(&path, "before").unwrap();
        let mut stream = Stream::text(Pieces::of_text(Text::Csv), Some(&path)).unwrap();
        assert!(stream.push(&rows(&[1])).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        drop(stream);
        assert_eq!(names(folder.path()), ["a.csv"], "what was given up goes");
        let mut stream = Stream::text(Pieces::of_text(Text::Csv), Some(&path)).unwrap();
        assert!(stream.push(&rows(&[1])).unwrap() && stream.push(&rows(&[2])).unwrap());
        stream.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "a\n1\n2\n");
        assert_eq!(names(folder.path()), ["a.csv"]);
    }

    #[test]
    fn parquet_is_written_batch_by_batch() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut stream = Stream::parquet(&rows(&[1]), &path).unwrap();
        assert!(stream.push(&rows(&[1, 2])).unwrap() && stream.push(&rows(&[3])).unwrap());
        stream.finish().unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap().build().unwrap();
        assert_eq!(reader.map(|batch| batch.unwrap().num_rows()).sum::<usize>(), 3);
    }
}
