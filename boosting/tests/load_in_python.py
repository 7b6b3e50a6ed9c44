"""Loads XGBoost's model out of a stored fit and compares predictions.

    python load_in_python.py STORED ROWS

STORED is an `xgboost/1` file. ROWS holds little-endian f32: per row the features, then the prediction expected.
Prints the greatest absolute difference.
"""

import json
import sys

import numpy
import xgboost

stored = open(sys.argv[1], "rb").read()
length = int.from_bytes(stored[4:8], "little")
header = json.loads(stored[8 : 8 + length])
booster = xgboost.Booster({"nthread": 1})
booster.load_model(bytearray(stored[8 + length : 8 + length + header["model_bytes"]]))
assert booster.feature_names == header["feature_names"], booster.feature_names
columns = len(header["feature_names"])
rows = numpy.fromfile(sys.argv[2], dtype="<f4").reshape(-1, columns + 1)
matrix = xgboost.DMatrix(rows[:, :columns], feature_names=header["feature_names"])
print(numpy.abs(booster.predict(matrix) - rows[:, columns]).max())
