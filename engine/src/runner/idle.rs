//! How well the cores were used at the end of a run, when the last parts decide how long it takes.

/// Microseconds since the epoch between which something was computed.
pub(crate) type Span = (i64, i64);

/// Microseconds since the epoch.
pub(crate) fn now() -> i64 {
    chrono::Utc::now().timestamp_micros()
}

/// Share of core time, 0 to 1, in which nothing was computed over the last fifth of a run on so many cores; none for a
/// run without length. Clocks of several machines may differ by a little against the length of a run.
pub(crate) fn at_the_end(spans: &[Span], cores: usize) -> Option<f64> {
    let begin = spans.iter().map(|span| span.0).min()?;
    let end = spans.iter().map(|span| span.1).max()?;
    let from = end - (end - begin) / 5;
    let length = (end - from) as f64 * cores.max(1) as f64;
    let busy: i64 = spans.iter().map(|span| (span.1 - span.0.max(from)).max(0)).sum();
    (length > 0.0).then(|| (1.0 - busy as f64 / length).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::at_the_end;

    #[test]
    fn the_last_fifth_counts() {
        // two cores for a hundred: one ends at 100, the other at 90
        let idle = at_the_end(&[(0, 60), (60, 100), (0, 90)], 2);
        assert_eq!(idle, Some(0.25));
        assert_eq!(at_the_end(&[(0, 100), (0, 100)], 2), Some(0.0));
        assert_eq!(at_the_end(&[(0, 100)], 4), Some(0.75));
        // one of two cores has nothing left to do, or waits between two parts
        assert_eq!(at_the_end(&[(0, 100), (0, 70)], 2), Some(0.5));
        assert_eq!(at_the_end(&[(0, 100), (0, 85), (90, 100)], 2), Some(0.125));
        assert_eq!(at_the_end(&[], 2), None);
        assert_eq!(at_the_end(&[(5, 5)], 2), None);
    }
}
