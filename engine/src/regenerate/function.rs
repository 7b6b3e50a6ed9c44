//! Arguments of the table functions.

use std::sync::Arc;

use almanac_models::Day;
use almanac_udfs::simulate::MAX_VALUES;
use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Expr;
use datafusion::prelude::SessionContext;

use super::{Ask, Explained, Regenerated, What};
use crate::EngineError;
use crate::plan::attach_windows::external;
use crate::settings::{MOST_PATHS, Settings};

/// Registers `forecast`, `paths` and `explain_model` for a warehouse. Settings are those that its rows were made with.
pub fn register(context: &SessionContext, warehouse: &str, settings: &Settings) {
    for name in [Name::Forecast, Name::Paths, Name::ExplainModel] {
        let function = Function { name, warehouse: warehouse.to_owned(), settings: settings.clone() };
        context.register_udtf(name.text(), Arc::new(function));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name {
    Forecast,
    Paths,
    ExplainModel,
}

impl Name {
    fn text(self) -> &'static str {
        match self {
            Self::Forecast => "forecast",
            Self::Paths => "paths",
            Self::ExplainModel => "explain_model",
        }
    }
}

#[derive(Debug)]
struct Function {
    name: Name,
    warehouse: String,
    settings: Settings,
}

impl TableFunctionImpl for Function {
    fn call_with_args(&self, arguments: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let ask = self.ask(arguments.exprs()).map_err(external)?;
        Ok(match self.name {
            Name::Forecast | Name::Paths => Arc::new(Regenerated::new(ask)),
            Name::ExplainModel => Arc::new(Explained::new(ask)),
        })
    }
}

impl Function {
    fn ask(&self, given: &[Expr]) -> crate::Result<Ask> {
        let keys = &self.settings.dataset.key;
        let own = match self.name {
            Name::Forecast | Name::ExplainModel => &["model", "origin"][..],
            Name::Paths => &["model", "origin", "n"],
        };
        let values = given.iter().map(|given| self.constant(given)).collect::<crate::Result<Vec<_>>>()?;
        let (key, rest) = match values.split_first() {
            Some((ScalarValue::List(list), rest)) => (self.key_of_list(&list.value(0))?, rest),
            _ if values.len() < keys.len() => return Err(self.wrong_number(given.len(), own)),
            _ => {
                let (key, rest) = values.split_at(keys.len());
                (key.iter().zip(keys).map(|(value, name)| self.text(name, value)).collect::<crate::Result<_>>()?, rest)
            }
        };
        let (model, origin, count) = match (self.name, rest) {
            (Name::Forecast | Name::ExplainModel, [model, origin]) => (model, origin, None),
            (Name::Paths, [model, origin, count]) => (model, origin, Some(count)),
            _ => return Err(self.wrong_number(given.len(), own)),
        };
        Ok(Ask {
            warehouse: self.warehouse.clone(),
            settings: self.settings.clone(),
            key,
            model: self.text("model", model)?,
            origin: self.day(origin)?,
            until: None,
            what: match count {
                None => What::Points,
                Some(count) => What::Paths(self.count(count)?),
            },
        })
    }

    fn refused(&self, argument: &str, value: impl ToString, message: impl Into<String>) -> EngineError {
        let (argument, value) = (argument.to_owned(), value.to_string());
        EngineError::Argument { function: self.name.text(), argument, value, message: message.into() }
    }

    fn wrong_number(&self, given: usize, own: &[&str]) -> EngineError {
        let keys = self.settings.dataset.key.iter().map(String::as_str);
        let names: Vec<&str> = keys.chain(own.iter().copied()).collect();
        let usage = format!("expected {}({})", self.name.text(), names.join(", "));
        let several = if self.settings.dataset.key.len() > 1 { ", or the key's values as one list" } else { "" };
        self.refused("arguments", given, format!("{usage}{several}"))
    }

    fn constant(&self, given: &Expr) -> crate::Result<ScalarValue> {
        match given {
            Expr::Literal(value, _) => Ok(value.clone()),
            other => Err(self.refused("argument", other, "expected a constant")),
        }
    }

    fn key_of_list(&self, values: &dyn Array) -> crate::Result<Vec<String>> {
        let keys = &self.settings.dataset.key;
        let texts = cast(values, &DataType::Utf8).map_err(EngineError::from_arrow)?;
        let texts = texts.as_string::<i32>();
        if texts.len() != keys.len() || texts.null_count() > 0 {
            let shown: Vec<&str> = texts.iter().map(|text| text.unwrap_or("NULL")).collect();
            let message = format!("expected one value for each of {}", keys.join(", "));
            return Err(self.refused("key", format!("[{}]", shown.join(", ")), message));
        }
        Ok(texts.iter().flatten().map(str::to_owned).collect())
    }

    fn text(&self, argument: &str, value: &ScalarValue) -> crate::Result<String> {
        let text = value.cast_to(&DataType::Utf8).ok();
        let text = text.and_then(|text| text.try_as_str().flatten().map(str::to_owned));
        text.ok_or_else(|| self.refused(argument, value, "expected a text"))
    }

    fn day(&self, value: &ScalarValue) -> crate::Result<Day> {
        match value.cast_to(&DataType::Date32) {
            Ok(ScalarValue::Date32(Some(day))) => Ok(day),
            _ => Err(self.refused("origin", value, "expected a date such as DATE '2024-03-01'")),
        }
    }

    /// Paths asked for, checked before anything is computed or allocated.
    fn count(&self, value: &ScalarValue) -> crate::Result<usize> {
        let horizon = self.settings.forecast.horizon;
        let most = MOST_PATHS.min(MAX_VALUES / horizon.max(1));
        let count = match value.cast_to(&DataType::Int64) {
            Ok(ScalarValue::Int64(Some(count))) if value.data_type().is_integer() => usize::try_from(count).ok(),
            _ => None,
        };
        let count = count.filter(|count| (1..=most).contains(count));
        count.ok_or_else(|| self.refused("n", value, format!("expected 1 to {most} paths of {horizon} days")))
    }
}
