//! Stored fits: the same bytes give the same forecasts, damaged ones are refused or harmless.

use super::evidence::{Bench, Shape};
use super::report::{Running, unwound};
use crate::{Fitted, ModelError};

/// Damaged copies tried of each kind.
const DAMAGES: usize = 48;

pub(super) fn check(bench: &Bench<'_>, report: &mut Running<'_>) {
    report.run("saved and loaded fits forecast alike", || saved(bench));
    report.run("damaged bytes do no harm", || damaged(bench));
}

fn saved(bench: &Bench<'_>) -> Result<String, String> {
    let rows = bench.own_rows()?;
    let fitted = bench.fit(&rows)?;
    let family = fitted.format.split('/').next().unwrap_or_default();
    if !bench.registry.names().any(|name| name == family) {
        return Err(format!("stored format {:?} names no family", fitted.format));
    }
    let copy = Fitted { bytes: fitted.bytes.clone(), ..fitted.clone() };
    let first = bench.simulate(&rows, &fitted, bench.origin(), Shape::default())?;
    let second = bench.simulate(&rows, &copy, bench.origin(), Shape::default())?;
    if first != second {
        return Err("the same bytes loaded twice forecast differently".into());
    }
    match bench.registry.load(&format!("{family}/{}", u32::MAX), &fitted.bytes) {
        Err(ModelError::Newer { .. }) => Ok(format!("{}, {} bytes", fitted.format, fitted.bytes.len())),
        Err(other) => Err(format!("a newer version gives {other} instead of being named")),
        Ok(_) => Err("a newer version is loaded".into()),
    }
}

fn damaged(bench: &Bench<'_>) -> Result<String, String> {
    let rows = bench.own_rows()?;
    let fitted = bench.fit(&rows)?;
    let length = fitted.bytes.len();
    let truncated = (0..DAMAGES.min(length)).map(|k| fitted.bytes[..k * length / DAMAGES.min(length)].to_vec());
    let flipped = (0..DAMAGES).filter(|_| length > 0).map(|k| {
        let mut bytes = fitted.bytes.clone();
        // positions and bits spread over the whole store
        let place = (k * 7_919 + k * length / DAMAGES) % length;
        bytes[place] ^= 1 << (k % 8);
        bytes
    });
    let (mut refused, mut harmless) = (0, 0);
    for bytes in truncated.chain(flipped) {
        let copy = Fitted { bytes, ..fitted.clone() };
        let shape = Shape { paths: 20, ..Shape::default() };
        match unwound(|| bench.simulate(&rows, &copy, bench.origin(), shape))? {
            Err(_) => refused += 1,
            Ok(drawn) if drawn.paths.iter().all(|x| x.is_finite()) => harmless += 1,
            Ok(_) => return Err("a damaged store gives paths that are not finite".into()),
        }
    }
    Ok(format!("{refused} refused, {harmless} read as another model"))
}
