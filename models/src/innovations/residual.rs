//! One session's residual.

/// What a session showed of the innovations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Residual {
    /// Observed less expected; NaN for a session without observation.
    pub(crate) size: f64,
    /// Innovations it is the sum of: more than 1 across absent values.
    pub(crate) span: f64,
}

impl Residual {
    /// A session without observation.
    pub(crate) const ABSENT: Self = Self { size: f64::NAN, span: 1.0 };

    pub(crate) fn present(&self) -> bool {
        !self.size.is_nan()
    }

    /// What is left after a mean of `centre` per innovation.
    pub(crate) fn less(&self, centre: f64) -> Self {
        Self { size: self.size - centre * self.span, span: self.span }
    }

    /// Square per innovation.
    pub(crate) fn square(&self) -> f64 {
        self.size * self.size / self.span
    }

    /// The residual as if of one session: several innovations that add up to it have √span times one's deviation.
    pub(crate) fn single(&self) -> f64 {
        self.size / self.span.sqrt()
    }
}
