//! VIX and currencies.

use chrono::NaiveDate;

use crate::calendar::is_weekday;
use crate::random::{Autoregression, Normals};
use crate::table::{Table, date, number};
use crate::truth::{CURRENCIES, VIX_AR, VIX_LOG_SCALE, VIX_MEDIAN};

/// `vix.csv`: date, vix; sessions only.
pub(crate) fn vix(sessions: &[NaiveDate], normals: &mut Normals) -> Table {
    let mut log = Autoregression::new(VIX_AR, VIX_LOG_SCALE, normals);
    let mut next = || VIX_MEDIAN * libm::exp(log.step(normals));
    let rows = sessions.iter().map(|session| vec![date(*session), number(next(), 6)]).collect();
    Table { file_name: "vix.csv", header: vec!["date", "vix"], rows }
}

/// `macro.csv`: date and one column per currency; a currency that does not quote on weekends is empty there.
pub(crate) fn currencies(days: &[NaiveDate], normals: &mut Normals) -> Table {
    let mut levels = CURRENCIES.map(|currency| currency.start);
    let mut rows = Vec::with_capacity(days.len());
    for day in days {
        let mut row = vec![date(*day)];
        for (level, currency) in levels.iter_mut().zip(&CURRENCIES) {
            if is_weekday(*day) {
                *level *= libm::exp(currency.log_scale * normals.normal());
            }
            let quoted = is_weekday(*day) || currency.weekends;
            row.push(if quoted { number(*level, 6) } else { String::new() });
        }
        rows.push(row);
    }
    let header = std::iter::once("date").chain(CURRENCIES.map(|currency| currency.column)).collect();
    Table { file_name: "macro.csv", header, rows }
}
