"""Loads XGBoost's models out of a stored fit and compares predictions.

    python load_in_python.py STORED ROWS

STORED is an `xgboost/1` or `xgboost/3` file (one model) or an `xgboost/2` file (one per day and level). ROWS holds
little-endian f32: per row the features, then the prediction expected of each model. Prints the greatest absolute difference.
"""

import json
import sys

import numpy
import xgboost

stored = open(sys.argv[1], "rb").read()
length = int.from_bytes(stored[4:8], "little")
header = json.loads(stored[8 : 8 + length])
sizes = header["model_bytes"] if isinstance(header["model_bytes"], list) else [header["model_bytes"]]
names = header["feature_names"]
rows = numpy.fromfile(sys.argv[2], dtype="<f4").reshape(-1, len(names) + len(sizes))
matrix = xgboost.DMatrix(rows[:, : len(names)], feature_names=names)
start, worst = 8 + length, 0.0
for model, size in enumerate(sizes):
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(bytearray(stored[start : start + size]))
    assert booster.feature_names == names, booster.feature_names
    start += size
    worst = max(worst, numpy.abs(booster.predict(matrix) - rows[:, len(names) + model]).max())
print(worst)
