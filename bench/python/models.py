"""The three models: fitted once per window, conditioned on later closes without refitting, simulated from there.

Each fit returns a function (history length, horizon, paths, generator) -> paths of shape (horizon, paths).
"""

import numpy as np
import xgboost
from scipy.signal import lfilter
from statsforecast.arima import auto_arima_f

from data import Series

HORIZON, PATHS = 14, 2000
LAGS, WINDOWS, FOLDS = (1, 7, 14), (7, 30), 5
MEMORY = max(max(LAGS), max(WINDOWS)) + 1
TREES = {"max_depth": 5, "eta": 0.1, "objective": "reg:squarederror", "nthread": 1, "seed": 42, "tree_method": "hist"}
ROUNDS = 100


def naive(series: Series, first: int, last: int):
    """Last close with normal log innovations."""
    scale = np.sqrt(np.mean(np.diff(np.log(series.closes[first:last])) ** 2))

    def simulate(origins, generator):
        steps = generator.standard_normal((len(origins), HORIZON, PATHS), dtype=np.float32) * np.float32(scale)
        np.cumsum(steps, axis=1, out=steps)
        np.exp(steps, out=steps)
        steps *= series.closes[origins - 1].astype(np.float32)[:, None, None]
        return steps

    return simulate


def sarimax(series: Series, first: int, last: int):
    """Auto-ARIMA with the weather columns, whose last values persist."""
    first = max(first, int(np.argmax(~np.isnan(series.weather).any(axis=1))))
    fit = auto_arima_f(
        series.closes[first:last], xreg=series.weather[first:last], max_p=3, max_q=3, max_d=2, seasonal=False,
        stepwise=True, ic="aicc", approximation=False,
    )
    p, q, *_, d, _ = fit["arma"]
    coefficients = fit["coef"]
    ar = np.array([coefficients[f"ar{i + 1}"] for i in range(p)])
    ma = np.array([coefficients[f"ma{i + 1}"] for i in range(q)])
    rest = [value for name, value in coefficients.items() if not name.startswith(("ar", "ma"))]
    extra = len(rest) - series.weather.shape[1]  # an intercept or a drift comes first
    constant, beta = (rest[0] if extra else 0.0), np.array(rest[extra:])
    scale = np.sqrt(fit["sigma2"])

    def simulate(origins, generator):
        paths = np.empty((len(origins), HORIZON, PATHS), dtype=np.float32)
        end = origins.max()
        effect = series.weather[first:end] @ beta
        errors = series.closes[first:end] - effect - (constant if d == 0 else 0.0)
        level = np.diff(errors, n=d) - (constant if d == 1 else 0.0)
        innovations = lfilter(np.r_[1.0, -ar], np.r_[1.0, ma], level)
        for i, origin in enumerate(origins):
            n = origin - first
            u, e = list(level[: n - d][-3:]), list(innovations[: n - d][-3:])
            ahead = []
            for new in scale * generator.standard_normal((HORIZON, PATHS)):
                value = new.copy()
                for j in range(p):
                    value += ar[j] * u[-1 - j]
                for j in range(q):
                    value += ma[j] * e[-1 - j]
                u.append(value)
                e.append(new)
                ahead.append(value + (constant if d == 1 else 0.0))
            block = np.array(ahead)
            for order in range(d - 1, -1, -1):
                np.cumsum(block, axis=0, out=block)
                block += np.diff(errors[:n], n=order)[-1]
            paths[i] = block + effect[n - 1] + (constant if d == 0 else 0.0)
        return paths

    return simulate


def features(recent: np.ndarray) -> np.ndarray:
    """Of the last MEMORY log closes (…, MEMORY), relative to the last one."""
    last = recent[..., -1]
    columns = [last - recent[..., -1 - lag] for lag in LAGS]
    for window in WINDOWS:
        returns = np.diff(recent[..., -1 - window :], axis=-1)
        columns += [recent[..., -window:].mean(axis=-1) - last, returns.std(axis=-1)]
    return np.stack(columns, axis=-1)


def trees(series: Series, first: int, last: int):
    """Boosted trees for the one-session log return; paths resample residuals that are out of fold."""
    logs = np.log(series.closes).astype(np.float32)
    blocks = np.lib.stride_tricks.sliding_window_view(logs[first:last], MEMORY)[:-1]
    x, y = features(blocks), np.diff(logs[first:last])[MEMORY - 1 :]

    def train(rows):
        return xgboost.train(TREES | {"base_score": float(y[rows].mean())}, xgboost.DMatrix(x[rows], y[rows]), ROUNDS)

    edges = np.linspace(0, len(y), FOLDS + 2).astype(int)
    residuals = []
    for start, end in zip(edges[1:-1], edges[2:]):
        residuals.append(y[start:end] - train(slice(0, start)).inplace_predict(x[start:end]))
    residuals = np.concatenate(residuals).astype(np.float32)
    residuals -= np.median(residuals)
    booster = train(slice(None))

    def simulate(origins, generator):
        out = np.empty((len(origins), HORIZON, PATHS), dtype=np.float32)
        for i, origin in enumerate(origins):
            recent = np.empty((PATHS, MEMORY + HORIZON), dtype=np.float32)
            recent[:, :MEMORY] = logs[origin - MEMORY : origin]
            for h in range(HORIZON):
                step = booster.inplace_predict(features(recent[:, h : h + MEMORY]))
                step += residuals[generator.integers(len(residuals), size=PATHS)]
                recent[:, MEMORY + h] = recent[:, MEMORY + h - 1] + step
            out[i] = np.exp(recent[:, MEMORY:]).T
        return out

    return simulate


MODELS = {"naive": naive, "sarimax_auto_weather": sarimax, "xgboost": trees}
