"""Makes models/tests/data/prophet.json with Python's prophet.

    python3 -m venv venv && venv/bin/pip install prophet==1.5.0
    venv/bin/python models/tests/oracle/prophet.py models/tests/data [SHARED/data]

Five series made here with fixed seeds, each with prophet's maximum a posteriori parameters, the logarithm of the
posterior that Stan reports there (`lp__`), and point forecasts. With the folder of real data also numbers for series
that are not stored: the test reads them from ALMANAC_SHARED/data, else from ../shared/data.
"""

import csv
import json
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

# this script has the package's name: its own directory must not be searched
sys.path = [place for place in sys.path if Path(place or ".").resolve() != Path(__file__).parent.resolve()]
import prophet as package  # noqa: E402
from prophet import Prophet  # noqa: E402

warnings.simplefilter("ignore")
logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
logging.getLogger("prophet").setLevel(logging.ERROR)
EPOCH = pd.Timestamp("1970-01-01")


def numbers(dates):
    return [int(day) for day in (pd.DatetimeIndex(dates) - EPOCH).days]


def passengers():
    """Monthly, growing, with a season in proportion to the level."""
    rng = np.random.default_rng(11)
    dates = pd.date_range("2008-01-01", periods=144 + 12, freq="MS")
    t = np.arange(len(dates))
    y = (110 + 2.6 * t) * (1 + 0.18 * np.sin(2 * np.pi * (t - 3) / 12) + 0.07 * np.cos(4 * np.pi * t / 12))
    y = y * np.exp(rng.normal(0, 0.02, len(t)))
    return "passengers", dates, y, {}, 12, dict(seasonality_mode="multiplicative")


def demand():
    """Daily, with a weekly and a yearly season and two breaks of the trend."""
    rng = np.random.default_rng(12)
    dates = pd.date_range("2016-03-05", periods=1461 + 28)
    t = np.arange(len(dates))
    y = 300 + 0.15 * t - 0.4 * np.maximum(t - 500, 0) + 0.5 * np.maximum(t - 900, 0)
    y = y + 25 * np.sin(2 * np.pi * t / 7) + 40 * np.cos(2 * np.pi * t / 365.25) + rng.normal(0, 12, len(t))
    return "demand", dates, y, {}, 28, dict()


def prices():
    """Business days, a random walk."""
    rng = np.random.default_rng(13)
    dates = pd.bdate_range("2015-01-05", periods=1000 + 14)
    return "prices", dates, 120 * np.exp(np.cumsum(rng.normal(0, 0.015, len(dates)))), {}, 14, dict()


def shop():
    """Daily, with holidays, a promotion and the temperature, seasons in proportion to the level."""
    rng = np.random.default_rng(14)
    dates = pd.date_range("2017-01-01", periods=800 + 28)
    t = np.arange(len(dates))
    promotion = (rng.random(len(t)) < 0.2).astype(float)
    temperature = 12 + 9 * np.sin(2 * np.pi * (t - 110) / 365.25) + rng.normal(0, 3, len(t))
    opening = [f"{year}-{day}" for year in (2017, 2018, 2019) for day in ("05-01", "12-25")]
    holidays = [
        dict(name="feast", dates=opening, lower_window=-1, upper_window=1),
        dict(name="fair", dates=["2017-06-10", "2018-06-09", "2019-03-30"], prior_scale=2.0),
    ]
    lift = np.isin(numbers(dates), numbers(opening))
    y = (80 + 0.04 * t) * (1 + 0.25 * np.cos(2 * np.pi * t / 7) + 0.3 * promotion - 0.5 * lift + 0.01 * temperature)
    y = y + rng.normal(0, 5, len(t))
    columns = {"promotion": promotion, "temperature": temperature}
    return "shop", dates, y, columns, 28, dict(seasonality_mode="multiplicative", holidays=holidays)


def gaps():
    """Daily, flat, negative at times, a fifth of the days missing, one regressor."""
    rng = np.random.default_rng(15)
    dates = pd.date_range("2020-02-01", periods=400 + 14)
    t = np.arange(len(dates))
    wind = rng.normal(0, 2, len(t)).cumsum() / 5
    y = 3 + 2 * np.sin(2 * np.pi * t / 7) + 1.5 * wind + rng.normal(0, 2, len(t))
    y[rng.choice(np.arange(1, 399), 80, replace=False)] = np.nan
    return "gaps", dates, y, {"wind": wind}, 14, dict(growth="flat", weekly_seasonality=2)


def fit(dates, y, columns, ahead, settings):
    """Prophet's fit to all but the last `ahead` rows, as the numbers a test needs."""
    arguments = dict(settings)
    rows = []
    for holiday in arguments.pop("holidays", []):
        for day in holiday["dates"]:
            rows.append(
                dict(
                    holiday=holiday["name"],
                    ds=pd.Timestamp(day),
                    lower_window=holiday.get("lower_window", 0),
                    upper_window=holiday.get("upper_window", 0),
                    prior_scale=holiday.get("prior_scale", 10.0),
                )
            )
    model = Prophet(holidays=pd.DataFrame(rows) if rows else None, uncertainty_samples=0, **arguments)
    for name in columns:
        model.add_regressor(name)
    frame = pd.DataFrame({"ds": dates, "y": y, **columns})
    model.fit(frame.iloc[:-ahead] if ahead else frame)
    features, scales, _, _ = model.make_all_seasonality_features(model.history)
    one = lambda name: float(model.params[name].reshape(-1)[0])  # noqa: E731
    forecast = model.predict(frame.drop(columns="y"))
    return dict(
        rows=len(model.history),
        start=numbers([model.start])[0],
        span=int(model.t_scale.days),
        y_scale=float(model.y_scale),
        changepoints=numbers(model.changepoints),
        k=one("k"),
        m=one("m"),
        delta=[float(x) for x in model.params["delta"][0]],
        sigma=one("sigma_obs"),
        features=list(features.columns),
        prior_scales=[float(x) for x in scales],
        beta=[float(x) for x in model.params["beta"][0]],
        lp=float(np.asarray(model.stan_fit.optimized_params_dict["lp__"]).reshape(-1)[0]),
        yhat=[float(x) for x in forecast["yhat"]],
    )


def stored(case):
    name, dates, y, columns, ahead, settings = case
    y = np.round(y, 3)
    columns = {column: np.round(values, 3) for column, values in columns.items()}
    return dict(
        name=name,
        settings=settings,
        columns=list(columns),
        ahead=ahead,
        days=numbers(dates),
        target=[None if np.isnan(value) else float(value) for value in y],
        regressors=[[float(x) for x in values] for values in columns.values()],
        oracle=fit(dates, y, columns, ahead, settings),
    )


def real(directory):
    """Rows of a file that pass a filter, the last `count` of them."""
    sources = [
        ("coffee", "bronze/market.csv", dict(commodity="Coffee"), "close", 1500),
        ("sugar", "bronze/market.csv", dict(commodity="Sugar"), "close", 1000),
        ("vix", "bronze/vix.csv", {}, "vix", 2000),
    ]
    for name, file, where, column, count in sources:
        with open(Path(directory) / file) as source:
            rows = [row for row in csv.DictReader(source) if all(row[key] == value for key, value in where.items())]
        rows = sorted(rows, key=lambda row: row["date"])[-count:]
        dates = pd.DatetimeIndex([row["date"] for row in rows])
        y = np.array([float(row[column]) for row in rows])
        oracle = fit(dates, y, {}, 0, {})
        oracle["yhat"] = oracle["yhat"][-5:]
        yield dict(name=name, file=file, where=where, column=column, count=count, settings={}, oracle=oracle)


made = dict(
    prophet=package.__version__,
    cases=[stored(case()) for case in (passengers, demand, prices, shop, gaps)],
    real=list(real(sys.argv[2])) if len(sys.argv) > 2 else [],
)
Path(sys.argv[1], "prophet.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
for case in made["cases"] + made["real"]:
    print(case["name"], case["oracle"]["rows"], case["oracle"]["lp"], len(case["oracle"]["beta"]))
