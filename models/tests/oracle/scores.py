"""Known answers of the score tests: python -m venv v && v/bin/pip install numpy scoringrules && v/bin/python scores.py"""

import numpy as np
import scoringrules as sr

x = np.array([1, 2, 4, 7, 11.0])
for y in (5, 0, 20):
    print("crps at", y, repr(float(sr.crps_ensemble(float(y), x, estimator="nrg"))))

paths = np.array([[10, 12, 11, 9, 13], [14, 8, 11, 10, 15], [16, 7, 12, 9, 14.0]])
actual = np.array([12, 7, 13.0])
q = lambda p: np.quantile(paths, p, axis=1)
point, mean = q(0.5), paths.mean(axis=1)
error = point - actual
probabilities = [0.025, 0.1, 0.5, 0.9, 0.975]
pinball = np.mean([[sr.quantile_score(y, f, p) for y, f in zip(actual, q(p))] for p in probabilities], axis=0)
crps = np.array([float(sr.crps_ensemble(y, row, estimator="nrg")) for y, row in zip(actual, paths)])
interval = lambda level: np.array(
    [float(sr.interval_score(y, lo, up, 1 - level / 100)) for y, lo, up in zip(actual, q((100 - level) / 200), q((100 + level) / 200))]
)
inside = lambda level: (q((100 - level) / 200) <= actual) & (actual <= q((100 + level) / 200))
width = lambda level: q((100 + level) / 200) - q((100 - level) / 200)
print("per day: point", point, "mean", mean)
for name, value in {
    "mae": np.abs(error).mean(),
    "rmse": np.sqrt(((mean - actual) ** 2).mean()),
    "mape": 100 * np.abs(error / actual).mean(),
    "wape": 100 * np.abs(error).sum() / actual.sum(),
    "smape": (200 * np.abs(error) / (point + actual)).mean(),
    "mase": np.abs(error).mean() / 2,
    "bias": error.mean(),
    "crps": crps.mean(),
    "pinball": pinball.mean(),
    "coverage_80": inside(80).mean(),
    "coverage_95": inside(95).mean(),
    "sharpness_80": width(80).mean(),
    "sharpness_95": width(95).mean(),
    "interval_score": (interval(80).mean() + interval(95).mean()) / 2,
    "crps at 2": crps[1],
    "pinball at 2": pinball[1],
    "interval_score at 2": (interval(80)[1] + interval(95)[1]) / 2,
}.items():
    print(name, repr(float(value)))
