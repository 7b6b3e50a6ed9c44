//! The median of several forecasts of one series, of points and of quantiles alike (Petropoulos and Svetunkov, A simple
//! combination of univariate models, International Journal of Forecasting 36, 2020), with the spread of
//! [`almanac_models::combination`]: less than the members' by what their disagreement takes away.

use std::time::Duration;

use almanac_models::combination::{Method, disagreement, factor};

use super::forecast::Forecast;

/// The median over forecasts of equal shape, step by step: of their points, and of their paths in order, so that every
/// quantile is the median of the members' quantiles, its distance from the point times the spread. None without members.
pub(super) fn median(members: &[&Forecast]) -> Option<Forecast> {
    let first = members.first()?;
    let spread = spread(members);
    let mut values = Vec::with_capacity(members.len());
    let mut points = Vec::with_capacity(first.points.len());
    let mut sorted = Vec::with_capacity(first.sorted.len());
    for h in 0..first.points.len() {
        values.clear();
        values.extend(members.iter().filter_map(|member| member.points.get(h).copied()));
        let point = middle(&mut values);
        points.push(point);
        for i in 0..first.step(h).len() {
            values.clear();
            values.extend(members.iter().filter_map(|member| member.step(h).get(i).map(|x| f64::from(*x))));
            sorted.push((point + spread * (middle(&mut values) - point)) as f32);
        }
    }
    let (kind, took) = (format!("median of {}", members.len()), [Duration::ZERO; 2]);
    Some(Forecast { points, sorted, paths: first.paths, inner: Vec::new(), kind, fallback: None, took })
}

/// The factor by what members disagree at inner origins; 1 where there are none.
fn spread(members: &[&Forecast]) -> f64 {
    let weights = vec![1.0 / members.len().max(1) as f64; members.len()];
    let days = members.first().map_or(0, |first| first.points.len());
    let variances: Vec<f64> = (0..days)
        .map(|h| weights.iter().zip(members).map(|(weight, member)| weight * variance(member.step(h))).sum())
        .collect();
    let origins = members.iter().map(|member| member.inner.len()).min().unwrap_or(0);
    let pairs = (0..origins * days).map(|place| {
        let (origin, h) = (place / days, place % days);
        let points: Vec<f64> = members.iter().filter_map(|member| member.inner.get(origin)?.get(h).copied()).collect();
        (disagreement(Method::Median, &weights, &points), variances[h])
    });
    factor(pairs)
}

fn variance(values: &[f32]) -> f64 {
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    values.iter().map(|x| (f64::from(*x) - mean) * (f64::from(*x) - mean)).sum::<f64>() / n
}

/// The median; the mean of the two in the middle of an even number.
fn middle(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        1 => values[half],
        _ => values.get(half.wrapping_sub(1)).map_or(f64::NAN, |below| 0.5 * (below + values[half])),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn member(points: &[f64], sorted: &[f32]) -> Forecast {
        let took = [Duration::ZERO; 2];
        let (points, sorted, kind) = (points.into(), sorted.into(), "m".into());
        Forecast { points, sorted, paths: 2, inner: Vec::new(), kind, fallback: None, took }
    }

    #[test]
    fn medians_by_hand() {
        let [a, b, c] = [
            member(&[1.0, 9.0], &[0.0, 2.0, 8.0, 10.0]),
            member(&[2.0, 5.0], &[1.0, 4.0, 4.0, 5.0]),
            member(&[6.0, 7.0], &[5.0, 6.0, 3.0, 20.0]),
        ];
        let odd = median(&[&a, &b, &c]).unwrap();
        assert_eq!((odd.points, odd.sorted), (vec![2.0, 7.0], vec![1.0, 4.0, 4.0, 10.0]));
        let even = median(&[&a, &b]).unwrap();
        assert_eq!((even.points, even.sorted), (vec![1.5, 7.0], vec![0.5, 3.0, 6.0, 7.5]));
        assert!(median(&[]).is_none());
    }

    /// Ends 4 apart have variance 4. Points 1 apart at the only inner origin disagree by a quarter, so that 15/16 are left.
    #[test]
    fn disagreement_narrows_the_quantiles() {
        let mut a = member(&[0.0], &[-2.0, 2.0]);
        let mut b = member(&[0.0], &[-2.0, 2.0]);
        assert_eq!(median(&[&a, &b]).unwrap().sorted, [-2.0, 2.0]);
        (a.inner, b.inner) = (vec![vec![7.0]], vec![vec![8.0]]);
        let end = 2.0 * (15.0_f32 / 16.0).sqrt();
        let narrowed = median(&[&a, &b]).unwrap().sorted;
        assert!((narrowed[0] + end).abs() < 1e-6 && (narrowed[1] - end).abs() < 1e-6, "{narrowed:?}");
    }
}
