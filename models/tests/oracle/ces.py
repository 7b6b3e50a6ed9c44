"""Makes models/tests/data/ces.json with statsforecast; prints its time for each automatic choice.

    python3 -m venv venv && venv/bin/pip install statsforecast==2.1.1
    venv/bin/python models/tests/oracle/ces.py models/tests/data [SHARED/data]

Every form on the series of models/tests/data/theta.json (whose values are not repeated here), at the parameters that
statsforecast chooses and at given ones: its log-likelihood (without constants), AICc, eight fitted values at either
end, forecasts of 14 sessions; and its automatic choice. With the folder of real data: the same parameters and criteria
for columns of its files, of which no value is kept.
"""

import csv
import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from statsforecast.ces import auto_ces, forecast_ces

warnings.simplefilter("ignore")
NAMES = ["alpha_0", "alpha_1", "beta_0", "beta_1"]
GIVEN = {"N": [1.4, 0.98], "S": [1.25, 1.01], "P": [1.35, 1.0, 0.12], "F": [1.4, 0.99, 1.1, 0.95]}
# name, file, column, first row, rows, season
REAL = [
    ("coffee", "coffee/kc_ohlcv_merged_2000_2026.csv", "close", 4500, 1000, 5),
    ("sugar", "sugar/sb_ohlcv_yahoo_2000_2025.csv", "close", 4500, 1000, 5),
    ("pesos", "fx_macro/usd_cop_trm_1991_2025.csv", "cop_usd", 6000, 1000, 5),
    ("gas", "soyoil/natgas_ng_ohlcv_2000_2025.csv", "close", 4000, 1000, 5),
    ("volatility", "fx_macro/vix_ohlc_2000_2025.csv", "close", 4200, 1000, 5),
    ("oil_below_zero", "soyoil/cl_wti_ohlcv.csv", "close", 4400, 1000, 5),
    ("temperature", "weather/nasa_power_minas_gerais_2001_2025.csv", "temp_max_c", 6000, 1461, 7),
    ("humidity", "weather/nasa_power_minas_gerais_2001_2025.csv", "humidity_mean_pct", 6000, 1461, 7),
    ("sales", "retail/rossmann_50stores.csv", "Sales", 0, 900, 7),
    ("customers", "retail/rossmann_50stores.csv", "Customers", 0, 900, 7),
]


def fitted(y, m, form, given=None):
    start = time.perf_counter()
    fit = auto_ces(y, m=m, model=form, **(given or {}))
    seconds = time.perf_counter() - start
    # a short series or one without season is fitted without
    case = {"asked": form, "form": fit["seasontype"], "season": m, "given": given is not None}
    case |= {name: float(fit["par"][name]) for name in NAMES[: {"P": 3, "F": 4}.get(fit["seasontype"], 2)]}
    case |= {"loglik": float(fit["loglik"]), "aicc": float(fit["aicc"])}
    return case, fit, seconds


def shown(fit, y):
    values = np.asarray(fit["fitted"])
    return {"first": list(values[:8]), "last": list(values[-8:]), "forecast": list(forecast_ces(fit, 14)["mean"])}


def column(data, file, name, first, rows):
    with open(data / file) as lines:
        values = [row[name] for row in csv.DictReader(lines)]
    return np.array([float(value) for value in values[first : first + rows] if value != ""])


def main():
    out = Path(sys.argv[1])
    cases = []
    named = json.loads((out / "theta.json").read_text())["cases"]
    for source in (case for case in named if case["y"]):
        y, m = np.asarray(source["y"], float), source["season"]
        for form in ["N"] if m == 1 else ["N", "S", "P", "F"]:
            for given in [None, dict(zip(NAMES, GIVEN[form], strict=False))]:
                case, fit, _ = fitted(y, m, form, given)
                cases.append({"series": source["series"], **case, **shown(fit, y)})
        case, _, _ = fitted(y, m, "Z")
        cases.append({"series": source["series"], **case})
    real = []
    if len(sys.argv) > 2:
        for name, file, wanted, first, rows, m in REAL:
            y = column(Path(sys.argv[2]), file, wanted, first, rows)
            place = {"series": name, "file": file, "column": wanted, "first_row": first, "rows": rows}
            place["observed"] = len(y)
            for form in ["N", "S", "P", "F", "Z"]:
                case, _, seconds = fitted(y, m, form)
                real.append({**place, **case})
                print(f"{name} {form} {case['form']} aicc {case['aicc']:.3f} {1e3 * seconds:.1f} ms", [round(case[k], 4) for k in NAMES if k in case])
    (out / "ces.json").write_text(json.dumps({"cases": cases, "real": real}) + "\n")


main()
