//! `interval_coverage(lower, upper, actual)`: share of the rows whose actual lies inside the interval, its ends
//! included. Rows with a null are left out; without rows the share is null.

use std::sync::Arc;

use almanac_models::score::inside;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type};
use datafusion::common::{Result, ScalarValue, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Documentation, Signature, Volatility};

use crate::columns::{Column, finite};
use crate::documentation;
use crate::signature::{Kind, coerce};

const NAME: &str = "interval_coverage";
const ARGUMENTS: [(&str, Kind); 3] = [("lower", Kind::Number), ("upper", Kind::Number), ("actual", Kind::Number)];

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct IntervalCoverage {
    signature: Signature,
}

impl IntervalCoverage {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for IntervalCoverage {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        documentation::of(self.name())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(NAME, &ARGUMENTS, given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if arguments.is_distinct {
            return not_impl_err!("{NAME} of DISTINCT values");
        }
        Ok(Box::new(Counts::default()))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |name: &str| Arc::new(Field::new(format_state_name(arguments.name, name), DataType::Int64, true));
        Ok(vec![field("inside"), field("rows")])
    }
}

/// Rows so far.
#[derive(Debug, Default)]
struct Counts {
    inside: i64,
    rows: i64,
}

impl Accumulator for Counts {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        let columns = Column::all(arguments)?;
        for row in 0..arguments.first().map_or(0, |array| array.len()) {
            let Some([lower, upper, actual]) = finite(&columns, row, NAME, &ARGUMENTS)? else { continue };
            self.inside += i64::from(inside(lower, upper, actual));
            self.rows += 1;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.rows > 0).then(|| self.inside as f64 / self.rows as f64)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Int64(Some(self.inside)), ScalarValue::Int64(Some(self.rows))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [inside, rows] = states else { return Ok(()) };
        self.inside += inside.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        self.rows += rows.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        Ok(())
    }
}
