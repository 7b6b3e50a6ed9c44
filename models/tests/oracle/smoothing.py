"""Makes models/tests/data/ets_*.json and theta.json with statsmodels and statsforecast.

    python3 -m venv venv && venv/bin/pip install statsmodels==0.15.0 statsforecast==2.1.1
    venv/bin/python models/tests/oracle/smoothing.py models/tests/data

ets_known.json: R's `ets` (package forecast) on `oil` and `austourists`, as published in statsmodels' own test results:
parameters, first components, log-likelihood (with R's constant), fitted values, forecasts of 4 sessions.
ets_likelihood.json: log-likelihood, first fitted values and forecasts at random parameters, every form, two series: by
statsmodels' ETSModel, and where the season is multiplicative by the equations of tables 2.2 and 2.3 of Hyndman et al.
(2008) written out below (statsmodels divides the season's correction by the new level there, R and the tables by the
old one).
ets_auto.json: statsforecast's automatic choice on named and generated series.
theta.json: statsforecast's theta models and automatic choice on the same series.
"""

import ast
import itertools
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.tsa.tests as published
from statsforecast.ets import ets_f, forecast_ets
from statsforecast.theta import auto_theta, forecast_theta
from statsforecast.utils import AirPassengers
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240701)
tests = Path(list(published.__path__)[0])
WORDS = {"A": "add", "M": "mul", "N": None}


def known_series():
    """The two series, from the functions of the published tests that return them."""
    tree = ast.parse((tests / "test_exponential_smoothing.py").read_text())
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in ("austourists", "oildata"):
            node.decorator_list = []
            scope = {"np": np, "pd": pd, "QUARTER_END": "QE", "MONTH_END": "ME", "YEAR_END": "YE"}
            exec(compile(ast.Module([node], []), "known", "exec"), scope)
            found[node.name] = np.asarray(scope[node.name]())
    return {"oil": found["oildata"], "austourists": found["austourists"]}


def first(value):
    value = value[0] if isinstance(value, list) else value
    return None if value in ("NaN", None) else float(value)


def known(series):
    cases = []
    for kind, name in [("nonseasonal", "oil"), ("seasonal", "austourists")]:
        results = json.loads((tests / "results" / f"fit_ets_results_{kind}.json").read_text())
        for damped, models in results.items():
            for model, fit in models.items():
                if not fit:
                    continue
                form = model if damped == "FALSE" else f"{model[:2]}d{model[2]}"
                start = fit["initstate"]
                trend = model[1] != "N"
                cases.append({
                    "series": name, "form": form, "loglik": first(fit["loglik"]), "sigma2": first(fit["sigma2"]),
                    **{key: first(fit[key]) for key in ["alpha", "beta", "gamma", "phi"]},
                    "level": start[0], "growth": start[1] if trend else 0.0,
                    # R lists the newest term first
                    "season": start[2 if trend else 1:][::-1],
                    "fitted": fit["fitted"], "forecast": fit["forecast"],
                })
    return {"series": {name: list(y) for name, y in series.items()}, "cases": cases}


def book(y, error, trend, alpha, beta, gamma, phi, level, growth, terms):
    """Tables 2.2 and 2.3 of Hyndman et al. (2008), multiplicative season: log-likelihood, fitted, forecasts of 6."""
    l, b, s = level, growth, list(terms)
    fitted, errors = [], []
    for t in range(len(y) + 6):
        old = s[t % 4]
        if trend == "N":
            base, grown = l, None
        elif trend == "A":
            base, grown = l + phi * b, phi * b
        else:
            base, grown = l * b**phi, b**phi
        mu = base * old
        fitted.append(mu)
        if t >= len(y):
            e = 0.0
        else:
            e = y[t] - mu if error == "A" else (y[t] - mu) / mu
            errors.append(e)
        if error == "A":
            # table 2.2
            s[t % 4] = old + gamma * e / base
            if trend == "A":
                b = grown + beta * e / old
            elif trend == "M":
                b = grown + beta * e / (old * l)
            l = base + alpha * e / old
        else:
            # table 2.3
            s[t % 4] = old * (1 + gamma * e)
            if trend == "A":
                b = grown + beta * base * e
            elif trend == "M":
                b = grown * (1 + beta * e)
            l = base * (1 + alpha * e)
    n = len(y)
    loglik = -n / 2 * (np.log(2 * np.pi * np.mean(np.square(errors))) + 1)
    loglik -= np.sum(np.log(fitted[:n])) if error == "M" else 0.0
    return {"loglik": float(loglik), "fitted": fitted[:12], "forecast": fitted[n:]}


def likelihoods(series):
    cases = []
    for error, trend, damped, season in itertools.product("AM", "NAM", [False, True], "NAM"):
        if damped and trend == "N":
            continue
        name = "oil" if season == "N" else "austourists"
        y, m = series[name], 1 if season == "N" else 4
        alpha = float(rng.uniform(0.1, 0.8))
        beta, gamma = float(rng.uniform(0.02, 0.5)) * alpha, float(rng.uniform(0.05, 0.6)) * (1 - alpha)
        phi = float(rng.uniform(0.82, 0.97))
        level = float(np.mean(y[:4]))
        growth = float(rng.uniform(-0.3, 0.3)) if trend == "A" else float(rng.uniform(0.99, 1.02))
        terms = rng.normal(0, 1, 4) if season == "A" else rng.uniform(0.85, 1.15, 4)
        kept = {"alpha": alpha, "beta": beta if trend != "N" else 0.0, "gamma": gamma if season != "N" else 0.0,
                "phi": phi if damped else 1.0}
        model = ETSModel(
            y, error=WORDS[error], trend=WORDS[trend], damped_trend=damped, seasonal=WORDS[season],
            seasonal_periods=m if season != "N" else None, initialization_method="known", initial_level=level,
            initial_trend=growth if trend != "N" else None,
            initial_seasonal=list(terms) if season != "N" else None,
        )
        values = {"smoothing_level": alpha, "smoothing_trend": beta, "smoothing_seasonal": gamma, "damping_trend": phi}
        values |= {"initial_level": level, "initial_trend": growth}
        values |= {f"initial_seasonal.{i}": term for i, term in enumerate(terms)}
        # the first seasonal parameter of statsmodels is the term of the session before the first
        names = model.param_names
        states = {f"initial_seasonal.{i}": term for i, term in enumerate(terms[::-1])}
        point = np.array([{**values, **states}[n] for n in names])
        result = model.smooth(point)
        answers = {"loglik": float(result.llf), "fitted": list(np.asarray(result.fittedvalues)[:12]),
                   "forecast": list(np.asarray(result.forecast(6)))}
        if season == "M":
            answers = book(y, error, trend, **kept, level=level, growth=growth, terms=list(terms))
        cases.append({
            "series": name, "form": f"{error}{trend}{'d' if damped else ''}{season}", **kept, "level": level,
            "growth": growth if trend != "N" else 0.0, "season": list(terms) if season != "N" else [], **answers,
        })
    return {"cases": cases}


def generated():
    out = {}
    t = np.arange(400)
    week = np.array([4.0, 2.0, 0.0, -1.0, -2.0, -3.0, 0.0])
    level = 100 + np.cumsum(rng.normal(0.02, 0.3, 400))
    out["weekly"] = (np.round(level + week[t % 7] + rng.normal(0, 1, 400), 4), 7)
    out["weekly_relative"] = (np.round((50 + 0.1 * t) * (1 + week[t % 7] / 20) * (1 + rng.normal(0, 0.02, 400)), 4), 7)
    out["walk"] = (np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.015, 400))), 4), 5)
    out["across_zero"] = (np.round(week[t % 7] + rng.normal(0, 1, 400), 4), 7)
    out["trend"] = (np.round(20 + 0.5 * t[:120] + rng.normal(0, 2, 120), 4), 1)
    return out


def named(series):
    return {"oil": (series["oil"], 1), "austourists": (series["austourists"], 4),
            "AirPassengers": (AirPassengers, 12), **generated()}


def automatic(series):
    cases = []
    for name, (y, m) in named(series).items():
        fit = ets_f(np.asarray(y, float), m=m)
        cases.append({"series": name, "season": m, "y": list(map(float, y)), "model": fit["method"],
                      "components": fit["components"], "loglik": float(fit["loglik"]), "aicc": float(fit["aicc"]),
                      "forecast": list(map(float, forecast_ets(fit, 14)["mean"]))})
    return {"cases": cases}


def theta(series):
    cases = []
    for name, (y, m) in named(series).items():
        y = np.asarray(y, float)
        for model in ["STM", "OTM", "DSTM", "DOTM", None]:
            fit = auto_theta(y, m=m, model=model)
            cases.append({
                "series": name, "season": m, "y": list(y) if model is None else None, "asked": model or "auto",
                "model": fit["modeltype"], "mse": float(fit["mse"]),
                **{key: float(value) for key, value in fit["par"].items()},
                "season_kind": fit.get("decomposition_type") if fit.get("decompose") else None,
                "forecast": list(map(float, forecast_theta(fit, 14)["mean"])),
            })
    return {"cases": cases}


def main():
    out = Path(sys.argv[1])
    series = known_series()
    named_series = automatic(series)
    for name, value in [("ets_known", known(series)), ("ets_likelihood", likelihoods(series))]:
        (out / f"{name}.json").write_text(json.dumps(value) + "\n")
    (out / "ets_auto.json").write_text(json.dumps(named_series) + "\n")
    global rng
    rng = np.random.default_rng(20240702)
    (out / "theta.json").write_text(json.dumps(theta(series)) + "\n")


main()
