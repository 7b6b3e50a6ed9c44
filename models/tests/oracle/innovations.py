"""Makes models/tests/data/innovations.json with arch, scipy and statsforecast, or fits GARCH to a price file.

    python3 -m venv venv && venv/bin/pip install arch==8.0.0 scipy==1.17.1 statsforecast==2.1.1
    venv/bin/python models/tests/oracle/innovations.py models/tests/data/innovations.json
    venv/bin/python models/tests/oracle/innovations.py prices.csv

garch: for each simulated series, the log-likelihood and the conditional variances of ZeroMean with GARCH(1, 1) and
StudentsT at given parameters, and its optimum with standard errors from the Hessian. Without rescaling.
student, laplace: maximum-likelihood fits with location 0.
walks: forecasts and deviations of one-step errors of SeasonalNaive and WindowAverage on logarithms.
With a price file (columns date, close): the same GARCH numbers of the log returns of 2014 to 2017.
"""

import csv
import json
import sys
import warnings

import numpy as np
from arch.univariate import GARCH, StudentsT, ZeroMean
from scipy import stats

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240615)


def simulated(n, omega, alpha, beta, nu):
    z = rng.standard_t(nu, n + 500) * np.sqrt((nu - 2) / nu)
    e, variance = np.zeros(n + 500), omega / (1 - alpha - beta)
    for t in range(n + 500):
        e[t] = np.sqrt(variance) * z[t]
        variance = omega + alpha * e[t] ** 2 + beta * variance
    return np.round(e[500:], 8)


def model(series):
    return ZeroMean(series, volatility=GARCH(1, 0, 1), distribution=StudentsT(), rescale=False)


def likelihood(series, parameters):
    fixed = model(series).fix(parameters)
    return float(fixed.loglikelihood), fixed.conditional_volatility**2


def optimum(series):
    """The best of several starts: of unit variance, as the optimiser stops early on small numbers."""
    unit = series.std()
    scaled = model(series / unit)
    tries = [scaled.fit(disp="off", options={"ftol": 1e-13, "maxiter": 1000}, cov_type="classic")]
    for alpha in (0.03, 0.1, 0.2):
        for beta in (0.5, 0.85, 0.95 - alpha / 2):
            start = [1 - alpha - beta, alpha, beta, 6.0]
            tries.append(
                scaled.fit(disp="off", starting_values=start, options={"ftol": 1e-13, "maxiter": 1000}, cov_type="classic")
            )
    best = max(tries, key=lambda found: found.loglikelihood)
    scale = np.array([unit**2, 1, 1, 1])
    return {
        "parameters": (best.params.to_numpy() * scale).tolist(),
        "standard_errors": (best.std_err.to_numpy() * scale).tolist(),
        "log_likelihood": float(best.loglikelihood - len(series) * np.log(unit)),
    }


def garch(series, at):
    value, variances = likelihood(series, at)
    return {"at": {"parameters": at, "log_likelihood": value, "variances": variances}, "optimum": optimum(series)}


def prices(path):
    with open(path) as file:
        rows = [row for row in csv.DictReader(file) if "2014" <= row["date"] < "2018"]
    close = np.array([float(row["close"]) for row in rows])
    returns = np.diff(np.log(close))
    found = garch(returns, [2e-6, 0.05, 0.94, 6.0])
    variances = found["at"].pop("variances")
    found["at"]["variances"] = [variances[0], variances[len(variances) // 2], variances[-1]]
    nu, _, scale = stats.t.fit(returns, floc=0)
    found["student"] = {"nu": nu, "scale": scale, "log_likelihood": stats.t.logpdf(returns, nu, 0, scale).sum()}
    print(len(returns), json.dumps(found, indent=1))


def everything(path):
    from statsforecast.models import SeasonalNaive, WindowAverage

    cases = []
    for n, truth, at in [
        (800, (4e-6, 0.06, 0.92, 6.0), [5e-6, 0.08, 0.9, 5.0]),
        (1000, (1e-4, 0.20, 0.60, 4.0), [8e-5, 0.15, 0.7, 8.0]),
        (600, (0.02, 0.10, 0.85, 12.0), [0.03, 0.05, 0.9, 20.0]),
        (1000, (1e-5, 0.03, 0.96, 9.0), [1e-6, 0.3, 0.6, 3.0]),
    ]:
        series = simulated(n, *truth)
        case = garch(series, at)
        case["at"]["variances"] = case["at"]["variances"].tolist()
        cases.append({"truth": truth, "series": series.tolist()} | case)

    students = []
    for n, nu, scale in [(400, 3.0, 0.01), (700, 8.0, 2.5), (300, 5.0, 1.0)]:
        series = np.round(rng.standard_t(nu, n) * scale, 8)
        degrees, _, fitted = stats.t.fit(series, floc=0)
        # scipy stops at 1e-4: go on from there
        from scipy.optimize import minimize

        cost = lambda x: -stats.t.logpdf(series, np.exp(x[0]), 0, np.exp(x[1])).sum()
        found = minimize(cost, np.log([degrees, fitted]), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12})
        degrees, fitted = np.exp(found.x)
        double = np.abs(series).mean()
        students.append({
            "series": series.tolist(), "nu": degrees, "scale": fitted, "log_likelihood": -found.fun,
            "laplace_scale": double, "laplace_log_likelihood": stats.laplace.logpdf(series, 0, double).sum(),
        })

    series = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.02, 120))), 4)
    walks = {"series": series.tolist(), "seasonal": [], "window": []}
    for season in (1, 5, 7):
        fit = SeasonalNaive(season_length=season).fit(np.log(series))
        residuals = np.log(series[season:] / series[:-season])
        mean = np.exp(fit.predict(14)["mean"]).tolist()
        walks["seasonal"].append({"season": season, "mean": mean, "scale": float(np.sqrt(np.mean(residuals**2)))})
    for window in (1, 4, 20):
        fit = WindowAverage(window).fit(np.log(series))
        mean = np.exp(fit.predict(14)["mean"]).tolist()
        levels = np.log(series)
        residuals = [levels[t] - levels[t - window : t].mean() for t in range(window, len(levels))]
        walks["window"].append({"window": window, "mean": mean, "scale": float(np.sqrt(np.mean(np.square(residuals))))})

    with open(path, "w") as file:
        json.dump({"garch": cases, "student": students, "walks": walks}, file, separators=(",", ":"))


if sys.argv[1].endswith(".json"):
    everything(sys.argv[1])
else:
    prices(sys.argv[1])
