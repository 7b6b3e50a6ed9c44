//! Statistics of the values in the rows of a group.
//!
//! Rows in which an argument is null are left out, as by other aggregates of several arguments; a group without rows
//! gives null. Arguments beside the value must be the same in every row of a group. The values are ordered before they
//! are added up, so that neither the order of rows nor the number of partitions changes a bit.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Documentation, Signature, Volatility};

use super::{Statistic, read};
use crate::columns::{Column, check_finite};
use crate::documentation;
use crate::error::ArgumentError;
use crate::signature::{Kind, coerce, doubles};
use crate::state::{list, numbers};

/// A statistic as an aggregate function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct OfRows {
    statistic: Statistic,
    signature: Signature,
}

impl OfRows {
    pub(crate) fn new(statistic: Statistic) -> Self {
        Self { statistic, signature: Signature::user_defined(Volatility::Immutable) }
    }

    fn function(&self) -> &'static str {
        function(self.statistic)
    }
}

fn function(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Crps => "crps_agg",
        Statistic::Quantiles => "quantiles_agg",
        Statistic::ValueAtRisk => "value_at_risk_agg",
        Statistic::ExpectedShortfall => "expected_shortfall_agg",
    }
}

/// Name of the sample's argument.
const VALUE: &str = "value";

impl AggregateUDFImpl for OfRows {
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
        coerce(self.function(), &self.statistic.kinds((Some(VALUE), Kind::Number)), given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(self.statistic.returns())
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if arguments.is_distinct {
            return not_impl_err!("{} of DISTINCT values", self.function());
        }
        Ok(Box::new(Group { statistic: self.statistic, values: vec![], parameters: vec![], row: vec![] }))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |name: &str| Arc::new(Field::new(format_state_name(arguments.name, name), doubles(), true));
        Ok(vec![field("values"), field("parameters")])
    }
}

/// The rows of a group so far.
#[derive(Debug)]
struct Group {
    statistic: Statistic,
    values: Vec<f64>,
    /// The other arguments in their order; empty before the first row.
    parameters: Vec<f64>,
    /// The other arguments of the row that is looked at.
    row: Vec<f64>,
}

impl Group {
    /// Takes the parameters in `self.row`, or checks that they are the known ones.
    fn agree(&mut self) -> Result<(), ArgumentError> {
        if self.parameters.is_empty() {
            self.parameters.clone_from(&self.row);
        }
        if self.parameters == self.row {
            return Ok(());
        }
        let lists = self.statistic == Statistic::Quantiles;
        let differs = |(known, found): &(&f64, &f64)| known != found;
        let place = self.parameters.iter().zip(&self.row).position(|pair| differs(&pair)).unwrap_or(0);
        let name = self.statistic.parameters().nth(if lists { 0 } else { place }).map_or("", |(_, name, _)| name);
        let show = |values: &[f64]| match lists {
            true => format!("{values:?}"),
            false => values.get(place).map(f64::to_string).unwrap_or_default(),
        };
        Err(ArgumentError::Differs {
            function: function(self.statistic),
            argument: name,
            first: show(&self.parameters),
            other: show(&self.row),
        })
    }
}

impl Accumulator for Group {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        let (columns, place) = (Column::all(arguments)?, self.statistic.sample());
        let function = function(self.statistic);
        let Some(rows) = arguments.first().map(|array| array.len()) else { return Ok(()) };
        for row in 0..rows {
            if columns.iter().any(|column| column.is_null(row)) {
                continue;
            }
            self.row.clear();
            for (place, name, role) in self.statistic.parameters() {
                read(function, (name, role), columns[place].values(row, function, name)?, &mut self.row)?;
            }
            self.agree()?;
            let value = columns[place].values(row, function, VALUE)?;
            check_finite(function, VALUE, value)?;
            self.values.extend_from_slice(value);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.values.is_empty() {
            return ScalarValue::try_new_null(&self.statistic.returns());
        }
        self.values.sort_unstable_by(f64::total_cmp);
        let answer = self.statistic.of(&self.values, &self.parameters);
        match self.statistic.returns() {
            DataType::Float64 => Ok(ScalarValue::Float64(answer.first().copied())),
            _ => list(answer),
        }
    }

    fn size(&self) -> usize {
        let capacity = self.values.capacity() + self.parameters.capacity() + self.row.capacity();
        size_of_val(self) + capacity * size_of::<f64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![list(std::mem::take(&mut self.values))?, list(self.parameters.clone())?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [values, parameters] = states else { return Ok(()) };
        for row in 0..values.len() {
            let (values, parameters) = (numbers(values, row)?, numbers(parameters, row)?);
            if parameters.is_empty() {
                continue;
            }
            self.row = parameters;
            self.agree()?;
            self.values.extend(values);
        }
        Ok(())
    }
}
