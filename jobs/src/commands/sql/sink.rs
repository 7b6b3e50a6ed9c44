//! Where the rows of an answer go while they come: on at once, or together where a table needs the widths of all.

use arrow::array::RecordBatch;

use super::format::{Format, Target};
use super::laid;
use super::pieces::{Pieces, Text};
use super::stream::Stream;
use crate::cli::Form;
use crate::exit::Outcome;
use crate::look;

/// Rows that a person at a terminal is shown: more are not read, and take memory and time.
const SHOWN: usize = 1_000;

/// The rows of one answer.
pub(super) struct Sink<'a> {
    target: &'a Target,
    flow: Flow,
    /// Rows so far.
    rows: usize,
    /// Whether anything came, be it no rows.
    begun: bool,
    /// Whether there are more rows than were taken.
    more: bool,
}

enum Flow {
    /// Written as they come; none before the first.
    On(Piecewise, Option<Stream>),
    /// Kept, no more than so many.
    Kept { batches: Vec<RecordBatch>, most: usize },
}

#[derive(Clone, Copy)]
enum Piecewise {
    Text(Text),
    Parquet,
}

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answered {
    /// Rows that were written or shown.
    pub(super) rows: usize,
    /// Whether there are more, which are not shown.
    pub(super) more: bool,
}

impl<'a> Sink<'a> {
    /// For an answer to a target. Nothing is opened before the first rows are there.
    pub(super) fn new(target: &'a Target) -> Self {
        let look = look::get();
        let on = match (target.format, &target.into) {
            (Some(Format::Csv), _) => Some(Piecewise::Text(Text::Csv)),
            (Some(Format::Ndjson), _) => Some(Piecewise::Text(Text::Ndjson)),
            (Some(Format::Json), _) => Some(Piecewise::Text(Text::Json)),
            (Some(Format::Parquet), Some(_)) => Some(Piecewise::Parquet),
            (None, None) if look.form == Some(Form::Json) => Some(Piecewise::Text(Text::Document)),
            _ => None,
        };
        // a form for programs is whole
        let is_read = target.into.is_none() && look.terminal && !look.for_programs();
        let flow = match on {
            Some(form) => Flow::On(form, None),
            None => Flow::Kept { batches: Vec::new(), most: if is_read { SHOWN } else { usize::MAX } },
        };
        Self { target, flow, rows: 0, begun: false, more: false }
    }

    /// Whether nothing has come yet.
    pub(super) fn is_empty(&self) -> bool {
        !self.begun
    }

    /// Whether rows are printed as they come.
    pub(super) fn prints(&self) -> bool {
        self.target.into.is_none() && matches!(self.flow, Flow::On(..))
    }

    /// Takes rows; false where no more are wanted.
    ///
    /// # Errors
    /// `Storage` naming the file, or standard output.
    pub(super) fn push(&mut self, batch: RecordBatch) -> Outcome<bool> {
        self.begun = true;
        match &mut self.flow {
            Flow::Kept { batches, most } => {
                let room = most.saturating_sub(self.rows);
                self.more = batch.num_rows() > room;
                let taken = if self.more { batch.slice(0, room) } else { batch };
                self.rows += taken.num_rows();
                batches.push(taken);
                Ok(!self.more)
            }
            Flow::On(form, stream) => {
                let opened = match stream.take() {
                    Some(opened) => opened,
                    None => open(*form, self.target, &batch)?,
                };
                self.rows += batch.num_rows();
                stream.insert(opened).push(&batch)
            }
        }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub(super) fn finish(self) -> Outcome<Answered> {
        match self.flow {
            Flow::Kept { batches, .. } => laid::write(self.target, &batches)?,
            Flow::On(_, Some(stream)) => stream.finish()?,
            Flow::On(_, None) => {}
        }
        Ok(Answered { rows: self.rows, more: self.more })
    }
}

fn open(form: Piecewise, target: &Target, batch: &RecordBatch) -> Outcome<Stream> {
    match (form, target.into.as_deref()) {
        (Piecewise::Parquet, Some(path)) => Stream::parquet(batch, path),
        (Piecewise::Text(text), into) => Stream::text(Pieces::of_text(text), into),
        // a target of Parquet has a file
        (Piecewise::Parquet, None) => Stream::text(Pieces::of_text(Text::Csv), None),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array};

    use super::*;

    #[test]
    fn no_more_is_kept_than_is_shown() {
        let target = Target::new(None, None).unwrap();
        let column: ArrayRef = Arc::new(Int64Array::from((0..600).collect::<Vec<i64>>()));
        let batch = RecordBatch::try_from_iter([("a", column)]).unwrap();
        let flow = Flow::Kept { batches: Vec::new(), most: SHOWN };
        let mut sink = Sink { target: &target, flow, rows: 0, begun: false, more: false };
        assert!(sink.is_empty() && sink.push(batch.clone()).unwrap() && !sink.is_empty() && !sink.more);
        assert!(sink.push(batch.slice(0, 400)).unwrap() && !sink.more);
        // all that are shown are there, and nothing tells yet that there are more
        assert!(sink.push(batch.slice(0, 0)).unwrap() && !sink.more);
        assert!(!sink.push(batch).unwrap() && sink.more);
        assert_eq!(sink.rows, SHOWN);
    }
}
