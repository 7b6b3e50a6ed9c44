//! What a model may see.

/// Days since 1970-01-01, as Arrow's `Date32`.
pub type Day = i32;

/// Observations up to a cut, oldest first. Whoever builds it has already removed everything after the cut; a model
/// never sees a later value.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Session days, strictly ascending, length n.
    pub days: &'a [Day],
    /// The target on each day, length n; NaN where the session has no observation.
    pub target: &'a [f64],
    /// One slice of length n per regressor, in the order of the model's specification; NaN where absent.
    pub regressors: &'a [&'a [f64]],
}

impl<'a> History<'a> {
    /// Number of sessions.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is no session at all.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// The last session's day.
    pub fn last_day(&self) -> Option<Day> {
        self.days.last().copied()
    }
}

/// The sessions to be forecast, and what is known of them at the origin.
#[derive(Debug, Clone, Copy)]
pub struct Future<'a> {
    /// Days of the next H sessions by the configured calendar, strictly ascending.
    pub days: &'a [Day],
    /// One slice of length H per regressor, in the order of the model's specification. Regressors whose future is
    /// projected from history arrive already projected; see [`crate::FutureRegressor`].
    pub regressors: &'a [&'a [f64]],
}

impl Future<'_> {
    /// Number of sessions ahead, H.
    pub fn horizon(&self) -> usize {
        self.days.len()
    }
}
