//! Which files can hold rows that pass a filter, told from partition values and statistics.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, UInt64Array};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::{PruningPredicateBuilder, PruningStatistics};

use super::files::DataFile;

/// The files that may hold a matching row. A filter that cannot be judged keeps every file.
pub(super) fn keep(files: &[DataFile], schema: &SchemaRef, filter: Option<&Arc<dyn PhysicalExpr>>) -> Vec<DataFile> {
    let Some(filter) = filter else { return files.to_vec() };
    let kept = PruningPredicateBuilder::new()
        .with_file_schema(Arc::clone(schema))
        .try_build(Arc::clone(filter))
        .and_then(|predicate| predicate.prune(&Statistics { files, schema }));
    match kept {
        Ok(kept) => files.iter().zip(kept).filter(|(_, keep)| *keep).map(|(file, _)| file.clone()).collect(),
        Err(error) => {
            tracing::debug!(%error, "filter not used for pruning");
            files.to_vec()
        }
    }
}

/// A file's value of a partition column.
pub(super) fn partition_value(file: &DataFile, column: &str, kind: &DataType) -> Result<ScalarValue> {
    match file.partition.get(column) {
        Some(Some(text)) => ScalarValue::try_from_string(text.clone(), kind),
        _ => ScalarValue::try_from(kind),
    }
}

struct Statistics<'a> {
    files: &'a [DataFile],
    schema: &'a SchemaRef,
}

impl Statistics<'_> {
    /// One value per file; unknown ones are null.
    fn values(&self, column: &Column, of: impl Fn(&DataFile) -> Option<&ScalarValue>) -> Option<ArrayRef> {
        let kind = self.schema.field_with_name(&column.name).ok()?.data_type();
        let value = |file: &DataFile| match file.partition.contains_key(&column.name) {
            true => partition_value(file, &column.name, kind),
            false => of(file).cloned().map_or_else(|| ScalarValue::try_from(kind), Ok),
        };
        let values = self.files.iter().map(value).collect::<Result<Vec<_>>>().ok()?;
        ScalarValue::iter_to_array(values).ok()
    }
}

impl PruningStatistics for Statistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |file| file.min.get(&column.name))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.values(column, |file| file.max.get(&column.name))
    }

    fn num_containers(&self) -> usize {
        self.files.len()
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        let known = self.files.iter().map(|file| (file.rows > 0).then_some(file.rows));
        Some(Arc::new(known.collect::<UInt64Array>()))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
