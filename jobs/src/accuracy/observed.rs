//! How often series are observed, and the seasons that come with it.

use clap::ValueEnum;

/// How often a series is observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Observed {
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    Yearly,
}

const DAY: f64 = 86_400.0;

impl Observed {
    /// Season of MASE, MSIS and Naive2, as the M4 competition has them.
    pub(crate) fn scale_season(self) -> usize {
        match self {
            Self::Hourly => 24,
            Self::Daily | Self::Weekly | Self::Yearly => 1,
            Self::Monthly => 12,
            Self::Quarterly => 4,
        }
    }

    /// Season that models are told: a day of hours, a week of days, a year of anything longer.
    pub(crate) fn model_season(self) -> usize {
        match self {
            Self::Hourly => 24,
            Self::Daily => 7,
            Self::Weekly => 52,
            Self::Monthly => 12,
            Self::Quarterly => 4,
            Self::Yearly => 1,
        }
    }

    /// By the name of an M4 group.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::from_str(name, true).ok()
    }

    /// By the usual seconds between two rows.
    pub(crate) fn between(seconds: f64) -> Option<Self> {
        let close = |days: f64, tolerance: f64| (seconds / DAY / days - 1.0).abs() <= tolerance;
        match () {
            () if close(1.0 / 24.0, 0.01) => Some(Self::Hourly),
            () if close(1.0, 0.01) => Some(Self::Daily),
            () if close(7.0, 0.01) => Some(Self::Weekly),
            () if close(30.5, 0.1) => Some(Self::Monthly),
            () if close(91.5, 0.03) => Some(Self::Quarterly),
            () if close(365.25, 0.01) => Some(Self::Yearly),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the M4 competition's seasons.
    #[test]
    fn seasons_are_those_of_m4() {
        let names = ["Hourly", "Daily", "Weekly", "Monthly", "Quarterly", "Yearly"];
        let seasons: Vec<_> = names.map(|name| Observed::named(name).map(Observed::scale_season)).into();
        assert_eq!(seasons, [24, 1, 1, 12, 4, 1].map(Some));
        assert_eq!(Observed::named("Minutely"), None);
    }

    #[test]
    fn distances_tell_the_frequency() {
        let days = [1.0 / 24.0, 1.0, 7.0, 31.0, 28.0, 92.0, 366.0, 3.0];
        let found: Vec<_> = days.map(|days| Observed::between(days * DAY)).into();
        use Observed::{Daily, Hourly, Monthly, Quarterly, Weekly, Yearly};
        let want = [Hourly, Daily, Weekly, Monthly, Monthly, Quarterly, Yearly].map(Some);
        assert_eq!(found[..7], want);
        assert_eq!(found[7], None);
    }
}
