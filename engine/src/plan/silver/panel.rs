//! One key's columns, day by day, before they become rows.

use std::collections::BTreeMap;

use almanac_models::Day;

use super::align::{Aligned, Contribution, Span, align};
use super::report::ColumnReport;
use super::track::{NO_REGION, SourceTracks, Track};
use crate::settings::Settings;
use crate::tables_input::{SilverColumn, is_known_in_advance};

/// Everything known of one key.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) key: Vec<String>,
    pub(super) span: Span,
    /// Whether the target was observed on the day.
    pub(super) is_session: Vec<bool>,
    /// Regions in order of name, with the first day on which anything is known of them.
    pub(super) regions: Vec<(String, Day)>,
    /// One per silver column.
    pub(super) columns: Vec<PanelColumn>,
}

/// A silver column of one key.
#[derive(Debug, Clone)]
pub(super) struct PanelColumn {
    /// Values that hold for every region, or where no region is known; `None` if no source has any.
    pub(super) shared: Option<Aligned>,
    /// One per region of the panel, if the column is regional.
    pub(super) by_region: Vec<Aligned>,
}

impl Panel {
    /// Lays out the columns of `key`; `None` if the target was never observed.
    pub(super) fn of(
        settings: &Settings,
        columns: &[SilverColumn<'_>],
        sources: &[SourceTracks],
        key: &[String],
    ) -> Option<Self> {
        let tracks: Vec<Option<&BTreeMap<String, Track>>> = sources.iter().map(|source| source.of_key(key)).collect();
        let bars = settings.sources.iter().position(|source| source.bars)?;
        let target = settings.sources[bars].columns.iter().position(|column| column.name == settings.dataset.target)?;
        let bars = tracks[bars]?.get(NO_REGION)?;
        let observed = || bars.dates.iter().zip(&bars.columns[target]).filter(|(_, v)| !v.is_nan()).map(|(d, _)| *d);
        let (first, last_bar) = (observed().min()?, observed().max()?);
        let span =
            Span { first, last_bar, last: last_known(settings, &tracks).map_or(last_bar, |day| day.max(last_bar)) };
        let mut is_session = vec![false; span.len()];
        observed().for_each(|day| is_session[span.place(day)] = true);
        let regions = regions(settings, &tracks);
        let columns = columns.iter().map(|column| PanelColumn::of(settings, column, &tracks, &regions, span)).collect();
        Some(Self { key: key.to_vec(), span, is_session, regions, columns })
    }

    /// Counts cover and age of the values on sessions.
    pub(super) fn note(&self, reports: &mut [ColumnReport]) {
        for (column, report) in self.columns.iter().zip(reports) {
            let sessions = self.is_session.iter().enumerate().filter(|(_, is_session)| **is_session);
            for (place, _) in sessions {
                let day = self.span.first + place as i32;
                let by_region = column
                    .by_region
                    .iter()
                    .chain(column.by_region.is_empty().then_some(column.shared.as_ref()).flatten());
                let known = by_region.filter(|aligned| !aligned.values[place].is_nan());
                let ages = known.map(|aligned| (day - aligned.dates[place], day >= aligned.stale_on[place]));
                let Some((age, stale)) = ages.reduce(|a, b| (a.0.max(b.0), a.1 | b.1)) else {
                    report.sessions_without += 1;
                    continue;
                };
                report.max_age_days = report.max_age_days.max(age);
                report.sessions_over_limit += usize::from(stale);
            }
        }
    }

    /// Places of the regions known on a day.
    pub(super) fn regions_on(&self, day: Day) -> impl Iterator<Item = usize> + '_ {
        self.regions.iter().enumerate().filter(move |(_, (_, from))| *from <= day).map(|(place, _)| place)
    }
}

impl PanelColumn {
    fn of(
        settings: &Settings,
        column: &SilverColumn<'_>,
        tracks: &[Option<&BTreeMap<String, Track>>],
        regions: &[(String, Day)],
        span: Span,
    ) -> Self {
        let contributions = |region: Option<&str>| -> Vec<Contribution<'_>> {
            let of_origin = |&(source, place): &(usize, usize)| {
                let config = &settings.sources[source];
                let name = if config.region.is_some() { region? } else { NO_REGION };
                let track = tracks[source]?.get(name)?;
                let most_age = config.columns[place].max_staleness_days;
                Some(Contribution { track, column: place, in_advance: is_known_in_advance(config), most_age })
            };
            column.origins.iter().filter_map(of_origin).collect()
        };
        let shared = contributions(None);
        let by_region = if column.regional { regions } else { &[] };
        Self {
            shared: (!shared.is_empty()).then(|| align(&shared, span, column.fill)),
            by_region: by_region.iter().map(|(name, _)| align(&contributions(Some(name)), span, column.fill)).collect(),
        }
    }

    /// What a region's row shows; `None`: the row of a day without regions.
    pub(super) fn in_region(&self, region: Option<usize>) -> Option<&Aligned> {
        region.and_then(|place| self.by_region.get(place)).or(self.shared.as_ref())
    }
}

/// Last date of anything known before its day.
fn last_known(settings: &Settings, tracks: &[Option<&BTreeMap<String, Track>>]) -> Option<Day> {
    let ahead = settings.sources.iter().zip(tracks).filter(|(source, _)| is_known_in_advance(source));
    let tracks = ahead.filter_map(|(_, tracks)| *tracks).flat_map(BTreeMap::values);
    let dates = tracks.flat_map(|track| track.dates.iter().zip(&track.known_at));
    dates.filter(|(date, known_at)| known_at < date).map(|(date, _)| *date).max()
}

/// Regions of a key and the first day on which a row of each may be seen: before that day nobody knew of it.
fn regions(settings: &Settings, tracks: &[Option<&BTreeMap<String, Track>>]) -> Vec<(String, Day)> {
    let mut first: BTreeMap<&String, Day> = BTreeMap::new();
    let regional = settings.sources.iter().zip(tracks).filter(|(source, _)| source.region.is_some());
    for (name, track) in regional.filter_map(|(_, tracks)| *tracks).flatten() {
        let Some(day) = track.visible.first() else { continue };
        first.entry(name).and_modify(|known| *known = (*known).min(*day)).or_insert(*day);
    }
    first.into_iter().map(|(name, day)| (name.clone(), day)).collect()
}
