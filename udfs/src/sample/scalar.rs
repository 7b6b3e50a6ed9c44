//! Statistics of the values in a list.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Builder, ListBuilder};
use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::{Statistic, read};
use crate::columns::{Column, check_finite};
use crate::documentation;
use crate::error::ArgumentError;
use crate::signature::{Kind, coerce, item};

/// A statistic as a scalar function over a list.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct OfList {
    statistic: Statistic,
    signature: Signature,
}

impl OfList {
    pub(crate) fn new(statistic: Statistic) -> Self {
        Self { statistic, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn function(&self) -> &'static str {
        match self.statistic {
            Statistic::Crps => "crps",
            Statistic::Quantiles => "quantiles",
            Statistic::ValueAtRisk => "value_at_risk",
            Statistic::ExpectedShortfall => "expected_shortfall",
        }
    }

    /// One row's statistic; none where an argument is null.
    fn row(&self, columns: &[Column<'_>], row: usize, sorted: &mut Vec<f64>) -> Result<Option<Vec<f64>>> {
        if columns.iter().any(|column| column.is_null(row)) {
            return Ok(None);
        }
        let (function, place) = (self.function(), self.statistic.sample());
        let argument = self.statistic.arguments()[place].0;
        let values = columns[place].values(row, function, argument)?;
        if values.is_empty() {
            return Err(ArgumentError::Empty { function, argument }.into());
        }
        check_finite(function, argument, values)?;
        let mut parameters = Vec::new();
        for (place, name, role) in self.statistic.parameters() {
            read(function, (name, role), columns[place].values(row, function, name)?, &mut parameters)?;
        }
        sorted.clear();
        sorted.extend_from_slice(values);
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Some(self.statistic.of(sorted, &parameters)))
    }
}

impl ScalarUDFImpl for OfList {
    fn name(&self) -> &str {
        self.function()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        documentation::of(self.name())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(self.function(), &self.statistic.kinds((None, Kind::Numbers)), given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(self.statistic.returns())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays: Vec<ArrayRef> = args.args.into_iter().map(|value| value.into_array(rows)).collect::<Result<_>>()?;
        let columns = Column::all(&arrays)?;
        let mut sorted = Vec::new();
        let mut answers = Answers::of(self.statistic);
        for row in 0..rows {
            answers.push(self.row(&columns, row, &mut sorted)?);
        }
        Ok(ColumnarValue::Array(answers.finish()))
    }
}

/// Rows of the result.
enum Answers {
    Numbers(Float64Builder),
    Lists(ListBuilder<Float64Builder>),
}

impl Answers {
    fn of(statistic: Statistic) -> Self {
        match statistic.returns() {
            DataType::Float64 => Self::Numbers(Float64Builder::new()),
            _ => Self::Lists(ListBuilder::new(Float64Builder::new()).with_field(item())),
        }
    }

    fn push(&mut self, answer: Option<Vec<f64>>) {
        match self {
            Self::Numbers(builder) => builder.append_option(answer.and_then(|values| values.first().copied())),
            Self::Lists(builder) => builder.append_option(answer.map(|values| values.into_iter().map(Some))),
        }
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Numbers(mut builder) => Arc::new(builder.finish()),
            Self::Lists(mut builder) => Arc::new(builder.finish()),
        }
    }
}
