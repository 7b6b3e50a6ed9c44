//! Why steps are differences of prices instead of log returns: what models tell as their fallback.

/// Of a fit.
pub(crate) const IN_WINDOW: &str = "differences: a price is zero or negative";
/// At an origin, of a fit to log returns.
pub(crate) const AFTER_FIT: &str = "differences: a price after the fit is zero or negative";
