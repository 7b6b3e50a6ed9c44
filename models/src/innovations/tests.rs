//! Known answers (`tests/oracle/innovations.py`) and moments of every law.

#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::Value;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::estimate::Sample;
use super::garch::Backcast;
use super::*;
use crate::StreamKey;

fn oracle() -> Value {
    serde_json::from_str(include_str!("../../tests/data/innovations.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap_or(f64::NAN)).collect()
}

fn residuals(sizes: &[f64]) -> Vec<Residual> {
    sizes.iter().map(|size| Residual { size: *size, span: 1.0 }).collect()
}

fn garch_of(parameters: &Value) -> Garch {
    let p = numbers(parameters);
    Garch { omega: p[0], alpha: p[1], beta: p[2], nu: p[3] }
}

fn near(got: f64, expected: f64, relative: f64) {
    assert!((got - expected).abs() <= relative * expected.abs(), "{got} is not {expected}");
}

#[test]
fn garch_has_the_likelihood_and_variances_of_arch() {
    for case in oracle()["garch"].as_array().unwrap() {
        let series = numbers(&case["series"]);
        let law = garch_of(&case["at"]["parameters"]);
        let value = law.log_likelihood(&series, Backcast::of(&series));
        near(value, case["at"]["log_likelihood"].as_f64().unwrap(), 1e-11);
        let mut variance = law.first(Backcast::of(&series));
        for (residual, expected) in series.iter().zip(numbers(&case["at"]["variances"])) {
            near(variance, expected, 1e-11);
            variance = law.step(variance, *residual);
        }
        assert_eq!(law.next(&residuals(&series)), variance);
    }
}

#[test]
fn garch_reaches_the_optimum_of_arch() {
    for case in oracle()["garch"].as_array().unwrap() {
        let series = numbers(&case["series"]);
        let estimate = Law::fit(Kind::Garch, &residuals(&series), 0).unwrap();
        let best = case["optimum"]["log_likelihood"].as_f64().unwrap();
        let found = estimate.log_likelihood.unwrap();
        println!("log-likelihood {found}, of arch {best}");
        assert!(found > best - 1e-6, "{found} is below {best}");
        let Law::Garch(law) = &estimate.law else { panic!("{:?}", estimate.law) };
        near(law.log_likelihood(&series, Backcast::of(&series)), found, 1e-12);
        let errors = numbers(&case["optimum"]["standard_errors"]);
        let optimum = garch_of(&case["optimum"]["parameters"]);
        let pairs = [
            ("omega", law.omega, optimum.omega),
            ("alpha", law.alpha, optimum.alpha),
            ("beta", law.beta, optimum.beta),
            ("nu", law.nu, optimum.nu),
        ];
        for ((name, got, expected), error) in pairs.into_iter().zip(errors) {
            assert!((got - expected).abs() < 0.01 * error, "{name} {got} is not {expected}");
            near(estimate.report["standard_errors"][name].as_f64().unwrap(), error, 0.01);
        }
    }
}

#[test]
fn student_and_laplace_have_the_fits_of_scipy() {
    for case in oracle()["student"].as_array().unwrap() {
        let series = residuals(&numbers(&case["series"]));
        let number = |name: &str| case[name].as_f64().unwrap();
        let estimate = Law::fit(Kind::Student, &series, 0).unwrap();
        let Law::Student(law) = &estimate.law else { panic!("{:?}", estimate.law) };
        near(law.nu, number("nu"), 1e-4);
        near(law.scale, number("scale"), 1e-5);
        near(estimate.log_likelihood.unwrap(), number("log_likelihood"), 1e-10);
        assert!(estimate.report["standard_errors"]["nu"].as_f64().unwrap() > 0.0);
        let estimate = Law::fit(Kind::Laplace, &series, 0).unwrap();
        let Law::Laplace(law) = &estimate.law else { panic!("{:?}", estimate.law) };
        near(law.scale, number("laplace_scale"), 1e-14);
        near(estimate.log_likelihood.unwrap(), number("laplace_log_likelihood"), 1e-13);
    }
}

/// Residuals over several sessions count as of one, with their density's Jacobian.
#[test]
fn spans_are_taken_out() {
    let sizes: Vec<f64> = numbers(&oracle()["student"][0]["series"]);
    let plain = Law::fit(Kind::Student, &residuals(&sizes), 0).unwrap();
    let spanned: Vec<Residual> = sizes.iter().map(|size| Residual { size: 2.0 * size, span: 4.0 }).collect();
    let spanned = Law::fit(Kind::Student, &spanned, 0).unwrap();
    assert_eq!(plain.law, spanned.law);
    let lost = plain.log_likelihood.unwrap() - spanned.log_likelihood.unwrap();
    near(lost, sizes.len() as f64 * std::f64::consts::LN_2, 1e-12);
}

#[test]
fn garch_lets_absent_sessions_pass() {
    let law = Garch { omega: 0.1, alpha: 0.2, beta: 0.7, nu: 6.0 };
    let mut sessions = residuals(&[1.5; 80]);
    let before = law.next(&sessions);
    sessions.extend([Residual::ABSENT; 400]);
    assert!(before > 1.5 && (law.next(&sessions) - law.long_run()).abs() < 1e-12);
    // a history without any residual is in the long run
    near(law.next(&[]), law.long_run(), 1e-12);
    // and one of a few lies between
    let few = law.next(&residuals(&[3.0]));
    assert!(few > law.long_run() && few < 0.1 + 0.9 * 9.0);
}

#[test]
fn simpler_laws_stand_in() {
    let fit = |kind: Kind, sizes: &[f64]| {
        let estimate = Law::fit(kind, &residuals(sizes), 0).unwrap();
        (estimate.law.kind(), estimate.fallback.unwrap_or_default())
    };
    let wave: Vec<f64> = (0..400).map(|i| f64::from(i % 7 - 3) + 0.1 * f64::from(i % 5)).collect();
    assert_eq!(fit(Kind::Garch, &wave[..99]).0, Kind::Student);
    let (kind, why) = fit(Kind::Garch, &wave[..49]);
    assert_eq!(kind, Kind::Normal);
    assert!(why.contains("instead of garch: 49 residuals, 100 are needed; normal innovations instead of student"));
    assert_eq!(fit(Kind::Bootstrap, &wave[..29]).0, Kind::Normal);
    let mut still = vec![0.0; 400];
    still[200] = 1.0;
    for kind in [Kind::Garch, Kind::Student] {
        let (found, why) = fit(kind, &still);
        assert!(found == Kind::Normal && why.contains("more than half of the residuals are zero"), "{why}");
    }
    let constant = Law::fit(Kind::Garch, &residuals(&[0.0; 400]), 0).unwrap();
    assert_eq!(constant.law, Law::Normal(Normal { scale: 0.0 }));
}

/// Innovations of 14 days, days × paths.
fn drawn(law: &Law, seed: u64, paths: usize, history: &[Residual]) -> Vec<Vec<f64>> {
    let stream = StreamKey::new(seed, "k", "innovations", "v1", 0);
    let mut draws = law.origin(|| history.to_vec()).draws(paths);
    let day = |h| {
        let mut day = vec![0.0; paths];
        draws.day(&mut stream.day(h), &mut day);
        day
    };
    (0..14).map(day).collect()
}

fn laws() -> Vec<Law> {
    let series = residuals(&numbers(&oracle()["garch"][0]["series"]));
    let kinds = [Kind::Normal, Kind::Bootstrap, Kind::Student, Kind::Laplace, Kind::Garch];
    kinds.into_iter().map(|kind| Law::fit(kind, &series, 0).unwrap().law).collect()
}

#[test]
fn fewer_paths_are_a_prefix() {
    let history = residuals(&[0.01; 100]);
    for law in laws() {
        let (few, many) = (drawn(&law, 1, 70, &history), drawn(&law, 1, 300, &history));
        assert!(few.iter().zip(&many).all(|(few, many)| few[..] == many[..70]), "{law:?}");
    }
}

/// A change here changes stored paths.
#[test]
fn draws_are_golden() {
    let day = |law: &Law| drawn(law, 42, 2, &[])[1].clone();
    let garch = Law::Garch(Garch { omega: 0.1, alpha: 0.1, beta: 0.8, nu: 5.0 });
    let student = Law::Student(Student { scale: 1.0, nu: 3.0 });
    let laplace = Law::Laplace(Laplace { scale: 1.0 });
    let got = [day(&student), day(&laplace), day(&garch)];
    let golden = [
        [-0.3631601040175753, -4.25412451053562],
        [0.45770040525858235, -0.4658116259736274],
        [-0.26482877363940266, -2.2743010965396135],
    ];
    assert_eq!(got, golden);
}

/// Kolmogorov's statistic of 28,000 draws stays below its 99.9 % point, 1.95/√n.
#[test]
fn draws_follow_their_distribution() {
    let check = |law: &Law, distribution: &dyn Fn(f64) -> f64| {
        let mut all = drawn(law, 5, 2_000, &[]).concat();
        all.sort_by(f64::total_cmp);
        let n = all.len() as f64;
        let distance = |(i, x): (usize, &f64)| (distribution(*x) - (i as f64 + 0.5) / n).abs();
        let largest = all.iter().enumerate().map(distance).fold(0.0, f64::max);
        assert!(largest < 1.95 / n.sqrt(), "{law:?}: {largest}");
    };
    for nu in [2.2, 4.0, 500.0] {
        let exact = StudentsT::new(0.0, 0.3, nu).unwrap();
        check(&Law::Student(Student { scale: 0.3, nu }), &|x| exact.cdf(x));
    }
    let laplace = |x: f64| if x < 0.0 { 0.5 * (x / 0.3).exp() } else { 1.0 - 0.5 * (-x / 0.3).exp() };
    check(&Law::Laplace(Laplace { scale: 0.3 }), &laplace);
}

/// Means of zero, and the analytic variance of sums on every day: n·variance, or GARCH's
/// Σ (long run + persistence^h (next − long run)). Over 50 seeds at most one day lies 4 standard errors off.
#[test]
fn moments_of_sums_are_the_analytic_ones() {
    let history = residuals(&numbers(&oracle()["garch"][0]["series"])[..500]);
    let garch = Garch { omega: 4e-6, alpha: 0.06, beta: 0.92, nu: 10.0 };
    let next = garch.next(&history);
    assert!((next / garch.long_run() - 1.0).abs() > 0.1, "the state must matter");
    let mut cases: Vec<(Law, Vec<f64>)> = laws()
        .into_iter()
        .filter_map(|law| {
            let variance = match &law {
                Law::Normal(law) => law.scale * law.scale,
                Law::Bootstrap(law) => law.residuals.iter().map(|x| x * x).sum::<f64>() / law.residuals.len() as f64,
                Law::Laplace(law) => 2.0 * law.scale * law.scale,
                Law::Student(_) | Law::Garch(_) => return None,
            };
            Some((law, vec![variance; 14]))
        })
        .collect();
    cases.push((Law::Student(Student { scale: 0.5, nu: 10.0 }), vec![0.25 * 10.0 / 8.0; 14]));
    let path = |h| garch.long_run() + garch.persistence().powi(h) * (next - garch.long_run());
    cases.push((Law::Garch(garch), (0..14).map(path).collect()));
    for (law, variances) in cases {
        let mut outside = 0;
        for seed in 0..50 {
            let mut sums = vec![0.0; 2_000];
            let mut variance = 0.0;
            for (day, own) in drawn(&law, seed, 2_000, &history).iter().zip(&variances) {
                sums.iter_mut().zip(day).for_each(|(sum, x)| *sum += x);
                variance += own;
                let moment = |k: i32| sums.iter().map(|x: &f64| x.powi(k)).sum::<f64>() / 2_000.0;
                let mean = moment(1) / (variance / 2_000.0).sqrt();
                let spread = (moment(2) - variance) / ((moment(4) - moment(2) * moment(2)) / 2_000.0).sqrt();
                outside += usize::from(mean.abs() > 4.0) + usize::from(spread.abs() > 4.0);
            }
        }
        assert!(outside <= 1, "{law:?}: {outside} moments are off");
    }
}

/// The unit of the residuals changes scales alone.
#[test]
fn fits_scale_with_the_unit() {
    let series = numbers(&oracle()["garch"][1]["series"]);
    let plain = Law::fit(Kind::Garch, &residuals(&series), 0).unwrap();
    let larger = Law::fit(Kind::Garch, &residuals(&series.iter().map(|x| 1000.0 * x).collect::<Vec<_>>()), 0).unwrap();
    let (Law::Garch(plain), Law::Garch(larger)) = (plain.law, larger.law) else { panic!("no garch") };
    near(larger.omega, 1e6 * plain.omega, 1e-7);
    near(larger.alpha, plain.alpha, 1e-7);
    near(larger.nu, plain.nu, 1e-7);
}

#[test]
fn samples_know_their_unit() {
    let sample = Sample::of(&residuals(&[3.0, f64::NAN, -4.0]));
    near(sample.unit, 12.5_f64.sqrt(), 1e-15);
    assert!(sample.count == 2 && sample.residuals[1].is_nan());
}
