"""The series of a folder of CSV files, as the backfill reads them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

WEATHER = ["temp_mean_c", "humidity_mean_pct", "precipitation_mm"]
WEATHER_LAG = pd.Timedelta(days=3)


@dataclass
class Series:
    """One key's sessions: dates, closes and, if the key has any, weather as known on each date (NaN before it starts)."""

    dates: np.ndarray
    closes: np.ndarray
    weather: np.ndarray | None

    def up_to(self, last: np.datetime64) -> int:
        """Number of sessions up to and including `last`."""
        return int(np.searchsorted(self.dates, last, side="right"))


def load(folder: Path) -> dict[str, Series]:
    market = pd.read_csv(folder / "market.csv", parse_dates=["date"])
    market = market.drop_duplicates(["commodity", "date"], keep="last").sort_values("date")
    weather = pd.read_csv(folder / "weather.csv", parse_dates=["date"])
    return {key: _series(bars, weather[weather["commodity"] == key]) for key, bars in market.groupby("commodity")}


def _series(bars: pd.DataFrame, weather: pd.DataFrame) -> Series:
    dates = bars["date"].to_numpy().astype("datetime64[D]")
    known = None
    if len(weather):
        daily = weather.groupby("date")[WEATHER].mean()
        daily.index = daily.index + WEATHER_LAG
        known = daily.reindex(daily.index.union(bars["date"])).ffill().reindex(bars["date"]).to_numpy()
    return Series(dates, bars["close"].to_numpy(float), known)
