//! News sentiment that means nothing: independent noise and the columns derived from it.

use chrono::NaiveDate;

use crate::random::{Normals, Series};
use crate::table::{Table, date, number};
use crate::truth::{COMMODITIES, SENTIMENT_SCALE};

/// Decimals of scores and ratios.
const DECIMALS: usize = 6;
/// Lengths of the moving averages in days.
const AVERAGES: [usize; 3] = [7, 14, 30];
/// Spans of the momentum columns in days.
const MOMENTA: [usize; 2] = [1, 7];

/// `sentiment.csv`: date, commodity, score, its moving averages and momenta, number of events, shares of good and bad.
/// A moving average over fewer days than its length uses those there are; a momentum without its earlier day is empty.
pub(crate) fn table(days: &[NaiveDate], seed: u64) -> Table {
    let mut rows = Vec::new();
    for (i, commodity) in (0_u8..).zip(&COMMODITIES) {
        let mut normals = Series::Sentiment(i).normals(seed);
        let mut scores = Vec::with_capacity(days.len());
        for day in days {
            scores.push((SENTIMENT_SCALE * normals.normal()).clamp(-1.0, 1.0));
            let mut row = vec![date(*day), commodity.name.to_owned()];
            row.extend(of_scores(&scores));
            row.extend(events(&mut normals));
            rows.push(row);
        }
    }
    rows.sort_by(|a, b| a[..2].cmp(&b[..2]));
    Table {
        file_name: "sentiment.csv",
        header: vec![
            "date",
            "commodity",
            "sentiment_score",
            "sentiment_ma_7",
            "sentiment_ma_14",
            "sentiment_ma_30",
            "sentiment_momentum_1d",
            "sentiment_momentum_7d",
            "event_count",
            "positive_ratio",
            "negative_ratio",
        ],
        rows,
    }
}

/// Score, averages and momenta of the last of `scores`.
fn of_scores(scores: &[f64]) -> Vec<String> {
    let last = scores.last().copied().unwrap_or(0.0);
    let average = |length: usize| {
        let recent = &scores[scores.len().saturating_sub(length)..];
        recent.iter().sum::<f64>() / recent.len().max(1) as f64
    };
    let momentum = |span: usize| {
        let earlier = scores.len().checked_sub(span + 1).and_then(|position| scores.get(position));
        earlier.map_or_else(String::new, |earlier| number(last - earlier, DECIMALS))
    };
    let averages = AVERAGES.map(|length| number(average(length), DECIMALS));
    std::iter::once(number(last, DECIMALS)).chain(averages).chain(MOMENTA.map(momentum)).collect()
}

/// Number of events and the shares that were good and bad; the rest were neither.
fn events(normals: &mut Normals) -> [String; 3] {
    let count = (5.0 + 36.0 * normals.uniform()).floor();
    let neutral = 0.2 + 0.4 * normals.uniform();
    let positive = (1.0 - neutral) * normals.uniform();
    [number(count, 0), number(positive, DECIMALS), number(1.0 - neutral - positive, DECIMALS)]
}
