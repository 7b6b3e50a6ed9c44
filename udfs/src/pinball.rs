//! `pinball_loss(quantile_value, level, actual)` and its mean over rows, `pinball_loss_agg`.
//!
//! The loss of a quantile forecast at a probability, in the unit of the values: `level × (actual − quantile)` above it,
//! `(1 − level) × (quantile − actual)` below. The aggregate is `avg(pinball_loss(…))`: rows with a null are left out.

use std::sync::Arc;

use almanac_models::score::pinball;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
use datafusion::common::{Result, ScalarValue, not_impl_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDFImpl, ColumnarValue, Documentation, ScalarFunctionArgs, ScalarUDFImpl, Signature,
    Volatility,
};

use crate::columns::{Column, check_probability, finite};
use crate::documentation;
use crate::signature::{Kind, coerce};

const LOSS: &str = "pinball_loss";
const MEAN: &str = "pinball_loss_agg";
const ARGUMENTS: [(&str, Kind); 3] =
    [("quantile_value", Kind::Number), ("level", Kind::Number), ("actual", Kind::Number)];

/// The loss of one row; none where an argument is null.
fn loss(function: &'static str, columns: &[Column<'_>], row: usize) -> Result<Option<f64>> {
    let Some([quantile, level, actual]) = finite(columns, row, function, &ARGUMENTS)? else { return Ok(None) };
    check_probability(function, "level", &[level])?;
    Ok(Some(pinball(quantile, level, actual)))
}

/// The loss of each row.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct PinballLoss {
    signature: Signature,
}

impl PinballLoss {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for PinballLoss {
    fn name(&self) -> &str {
        LOSS
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        documentation::of(self.name())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(LOSS, &ARGUMENTS, given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let arrays: Vec<ArrayRef> = args.args.into_iter().map(|value| value.into_array(rows)).collect::<Result<_>>()?;
        let columns = Column::all(&arrays)?;
        let losses = (0..rows).map(|row| loss(LOSS, &columns, row)).collect::<Result<Float64Array>>()?;
        Ok(ColumnarValue::Array(Arc::new(losses)))
    }
}

/// The mean loss of a group.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct MeanPinballLoss {
    signature: Signature,
}

impl MeanPinballLoss {
    pub(crate) fn new() -> Self {
        Self { signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for MeanPinballLoss {
    fn name(&self) -> &str {
        MEAN
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn documentation(&self) -> Option<&Documentation> {
        documentation::of(self.name())
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce(MEAN, &ARGUMENTS, given)
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn accumulator(&self, arguments: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        if arguments.is_distinct {
            return not_impl_err!("{MEAN} of DISTINCT values");
        }
        Ok(Box::new(Sum::default()))
    }

    fn state_fields(&self, arguments: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field =
            |name: &str, kind: DataType| Arc::new(Field::new(format_state_name(arguments.name, name), kind, true));
        Ok(vec![field("sum", DataType::Float64), field("count", DataType::Int64)])
    }
}

/// The losses so far.
#[derive(Debug, Default)]
struct Sum {
    sum: f64,
    count: i64,
}

impl Accumulator for Sum {
    fn update_batch(&mut self, arguments: &[ArrayRef]) -> Result<()> {
        let columns = Column::all(arguments)?;
        for row in 0..arguments.first().map_or(0, |array| array.len()) {
            if let Some(loss) = loss(MEAN, &columns, row)? {
                self.sum += loss;
                self.count += 1;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64((self.count > 0).then(|| self.sum / self.count as f64)))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Float64(Some(self.sum)), ScalarValue::Int64(Some(self.count))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let [sums, counts] = states else { return Ok(()) };
        self.sum += sums.as_primitive::<Float64Type>().iter().flatten().sum::<f64>();
        self.count += counts.as_primitive::<Int64Type>().iter().flatten().sum::<i64>();
        Ok(())
    }
}
