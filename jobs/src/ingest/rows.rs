//! The rows of one source as parsed, before any is refused.

use std::collections::HashMap;

use almanac_models::Day;

const NULL: u32 = u32::MAX;

/// A text column with few distinct values: keys, regions, mapped columns. Empty text is null.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    codes: Vec<u32>,
    values: Vec<String>,
    index: HashMap<String, u32>,
}

impl Text {
    pub(crate) fn push(&mut self, value: Option<&str>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return self.codes.push(NULL);
        };
        let code = match self.index.get(value) {
            Some(code) => *code,
            None => {
                let code = self.values.len() as u32;
                self.values.push(value.to_owned());
                self.index.insert(value.to_owned(), code);
                code
            }
        };
        self.codes.push(code);
    }

    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        self.values.get(self.codes[row] as usize).map(String::as_str)
    }

    /// Position of every row's value among the sorted distinct values; nulls last.
    pub(crate) fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<u32> = (0..self.values.len() as u32).collect();
        sorted.sort_by(|a, b| self.values[*a as usize].cmp(&self.values[*b as usize]));
        let mut rank_of = vec![0; sorted.len()];
        for (rank, code) in sorted.iter().enumerate() {
            rank_of[*code as usize] = rank as u32;
        }
        self.codes.iter().map(|code| rank_of.get(*code as usize).copied().unwrap_or(NULL)).collect()
    }
}

/// Values of one column, one per row.
#[derive(Debug, Clone)]
pub(crate) enum Values {
    /// Numbers; may be NaN or infinite until checked.
    Number(Vec<Option<f64>>),
    /// Texts of a mapped column.
    Text(Text),
}

impl Values {
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Number(values) => values[row].is_none(),
            Self::Text(text) => text.get(row).is_none(),
        }
    }

    pub(crate) fn number(&self, row: usize) -> Option<f64> {
        match self {
            Self::Number(values) => values[row],
            Self::Text(_) => None,
        }
    }

    /// Whether two rows hold the same; two NaN are the same.
    pub(crate) fn equal(&self, a: usize, b: usize) -> bool {
        match self {
            Self::Number(values) => {
                values[a].map(f64::to_bits) == values[b].map(f64::to_bits) || values[a] == values[b]
            }
            Self::Text(text) => text.get(a) == text.get(b),
        }
    }
}

/// All rows of a source's file, column by column.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// Line of the file (CSV) or number of the row from 1 (Parquet).
    pub(crate) lines: Vec<u64>,
    pub(crate) dates: Vec<Day>,
    /// Null only where a `known_at` column has no value.
    pub(crate) known_at: Vec<Option<Day>>,
    /// In the dataset's order.
    pub(crate) keys: Vec<Text>,
    pub(crate) region: Option<Text>,
    /// In the source's order.
    pub(crate) values: Vec<Values>,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.dates.len()
    }

    /// Sorts `rows` by key, region, date, then file order, and returns them cut into series of one key and region.
    pub(crate) fn series(&self, rows: &[usize]) -> Vec<Vec<usize>> {
        let ranks: Vec<Vec<u32>> = self.keys.iter().chain(&self.region).map(Text::ranks).collect();
        let mut sorted = rows.to_vec();
        let series_of = |row: usize| ranks.iter().map(move |rank| rank[row]);
        sorted.sort_by(|&a, &b| series_of(a).cmp(series_of(b)).then((self.dates[a], a).cmp(&(self.dates[b], b))));
        sorted.chunk_by(|&a, &b| series_of(a).eq(series_of(b))).map(<[usize]>::to_vec).collect()
    }

    /// Text of a row's key and region, for messages.
    pub(crate) fn name(&self, row: usize) -> String {
        let texts = self.keys.iter().chain(&self.region).map(|text| text.get(row).unwrap_or("-"));
        texts.collect::<Vec<_>>().join(" ")
    }
}
