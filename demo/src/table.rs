//! A CSV file as rows of text, with values rounded once, here.

use std::path::Path;

use chrono::NaiveDate;

pub(crate) struct Table {
    pub(crate) file_name: &'static str,
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn write(&self, path: &Path) -> Result<(), csv::Error> {
        let mut writer = csv::Writer::from_path(path)?;
        writer.write_record(&self.header)?;
        for row in &self.rows {
            writer.write_record(row)?;
        }
        writer.flush()?;
        Ok(())
    }
}

pub(crate) fn date(day: NaiveDate) -> String {
    day.format("%Y-%m-%d").to_string()
}

/// The value with `decimals` decimals; never `-0`.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.starts_with('-') && text.bytes().all(|byte| matches!(byte, b'-' | b'0' | b'.')) {
        return text[1..].to_owned();
    }
    text
}

/// The value as it will be read back from [`number`].
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = libm::pow(10.0, f64::from(decimals));
    libm::round(value * factor) / factor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(number(-0.000_01, 4), "0.0000");
        assert_eq!(number(-0.000_06, 4), "-0.0001");
        assert_eq!(number(12.345_67, 2), "12.35");
    }

    #[test]
    fn rounding_is_what_a_reader_sees() {
        for value in [12.345_678, -3.000_05, 0.1 + 0.2, 179.999_95] {
            assert_eq!(number(rounded(value, 2), 2).parse::<f64>(), Ok(rounded(value, 2)));
        }
    }
}
