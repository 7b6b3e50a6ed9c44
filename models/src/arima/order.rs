//! The search for an order: Hyndman and Khandakar (2008), *Journal of Statistical Software* 27(3), on AICc.

use super::design::Design;
use super::estimate::{Estimate, estimate};
use super::settings::{Constant, Order, Settings};
use super::start::Start;

/// Modulus that every root must exceed: closer ones are unit roots or common factors in disguise.
const NEAREST_ROOT: f64 = 1.01;
/// Models tried at most.
const MOST_MODELS: usize = 94;

/// A design with its start values.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) design: Design,
    pub(super) start: Start,
}

/// One sample with and without a constant.
#[derive(Debug)]
pub(super) struct Candidates {
    pub(super) with: Option<Prepared>,
    pub(super) without: Prepared,
}

impl Candidates {
    /// The design that has, or has not, a constant.
    pub(super) fn get(&self, constant: bool) -> Option<&Prepared> {
        if constant { self.with.as_ref() } else { Some(&self.without) }
    }
}

/// The best model found and whether it has a constant.
#[derive(Debug)]
pub(super) struct Best {
    pub(super) estimate: Estimate,
    pub(super) constant: bool,
    /// Models estimated.
    pub(super) tried: usize,
}

/// Steps from one model to its neighbours: changes of p and q.
const NEIGHBOURS: [(isize, isize); 8] = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)];

/// Searches p, q and the constant for fixed differences; none if no model could be estimated.
pub(super) fn search(settings: &Settings, base: &Order, candidates: &Candidates) -> Option<Best> {
    let mut search = Search { candidates, base: *base, tried: Vec::new(), best: None };
    let constants: &[bool] = match (settings.constant, candidates.with.is_some()) {
        (Constant::Auto, true) => &[true, false],
        (Constant::Yes, true) => &[true],
        _ => &[false],
    };
    for (p, q) in [(2, 2), (0, 0), (1, 0), (0, 1)] {
        search.attempt(p.min(settings.max_p), q.min(settings.max_q), constants[0]);
    }
    if constants.len() > 1 {
        search.attempt(0, 0, false);
    }
    while search.tried.len() < MOST_MODELS {
        let Some((best, constant)) = &search.best else { break };
        let (p, q, constant) = (best.order.p, best.order.q, *constant);
        let step = |from: usize, by: isize, most: usize| from.checked_add_signed(by).filter(|to| *to <= most);
        let moved = NEIGHBOURS
            .iter()
            .filter_map(|(dp, dq)| Some((step(p, *dp, settings.max_p)?, step(q, *dq, settings.max_q)?, constant)));
        let toggled = (constants.len() > 1).then_some((p, q, !constant));
        let improved = moved.chain(toggled).any(|(p, q, constant)| search.attempt(p, q, constant));
        if !improved {
            break;
        }
    }
    let tried = search.tried.len();
    let (best, constant) = search.best?;
    let prepared = candidates.get(constant)?;
    // one restart, for the chosen model only
    let estimate =
        estimate(&prepared.design, &prepared.start, &best.order, Some(&best), true).filter(acceptable).unwrap_or(best);
    Some(Best { estimate, constant, tried })
}

struct Search<'a> {
    candidates: &'a Candidates,
    base: Order,
    tried: Vec<(usize, usize, bool)>,
    best: Option<(Estimate, bool)>,
}

impl Search<'_> {
    /// Estimates a model not tried before; whether it is the best so far.
    fn attempt(&mut self, p: usize, q: usize, constant: bool) -> bool {
        if self.tried.contains(&(p, q, constant)) {
            return false;
        }
        self.tried.push((p, q, constant));
        let Some(prepared) = self.candidates.get(constant) else { return false };
        let order = Order { p, q, ..self.base };
        let Some(found) = estimate(&prepared.design, &prepared.start, &order, None, false) else { return false };
        let better = self.best.as_ref().is_none_or(|(best, _)| found.aicc() < best.aicc());
        let better = better && found.aicc().is_finite() && acceptable(&found);
        if better {
            self.best = Some((found, constant));
        }
        better
    }
}

/// Whether all roots keep their distance from the unit circle.
fn acceptable(estimate: &Estimate) -> bool {
    estimate.coefficients.roots_beyond(estimate.order.season, NEAREST_ROOT)
}
