"""The reader script passes good tables and finds planted faults."""

import datetime
import math
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

import columns
import read_tables

SCRIPT = Path(__file__).with_name("read_tables.py")
DAY = datetime.date(2020, 1, 2)


def paths_table(path_ids: list[int]) -> pa.Table:
    n = len(path_ids)
    stamp = datetime.datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
    return pa.table(
        {
            "commodity": ["Coffee"] * n,
            "model_name": ["naive" if i % 2 else "xgboost" for i in path_ids],
            "model_version": ["v1"] * n,
            "data_cutoff_date": pa.array([DAY] * n, pa.date32()),
            "path_id": pa.array(path_ids, pa.int32()),
            "day_1": pa.array([None if i == 3 else 100.0 + i / 7 for i in path_ids], pa.float32()),
            "day_2": pa.array([math.nan if i == 2 else -0.0 for i in path_ids], pa.float32()),
            "has_data_leakage": pa.array([False] * n),
            "generation_timestamp": pa.array([stamp] * n, pa.timestamp("us", tz="UTC")),
            "fitted": pa.array([None if i % 3 else bytes([i]) for i in path_ids], pa.binary()),
        }
    )


class ReadTables(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.warehouse = Path(folder.name)

    def write(self, name: str, table: pa.Table, **options: object) -> None:
        write_deltalake(str(self.warehouse / name), table, **options)

    def run_script(self, *options: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(SCRIPT), str(self.warehouse), *options]
        return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)

    def test_good_tables_pass(self) -> None:
        self.write("forecast/distributions", paths_table([1, 2, 3, 4]), partition_by=["model_name"])
        self.write("forecast/distributions", paths_table([5, 6]), mode="append")
        self.write("bronze/vix", pa.table({"date": pa.array([DAY], pa.date32()), "vix": [12.5]}))
        result = self.run_script()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertRegex(result.stdout, r"forecast\.distributions +6 +10")
        self.assertRegex(result.stdout, r"bronze\.vix +1 +2")

    def test_duplicate_rows_fail(self) -> None:
        self.write("forecast/distributions", paths_table([1, 2, 2]))
        result = self.run_script()
        self.assertEqual(result.returncode, 1)
        self.assertIn("finds 1 rows beyond one per commodity, model_name", result.stderr)

    def test_missing_grain_column_fails(self) -> None:
        self.write("forecast/distributions", paths_table([1]))
        result = self.run_script("--key", "store")
        self.assertEqual(result.returncode, 1)
        self.assertIn("lacks ['store']", result.stderr)

    def test_damaged_file_fails(self) -> None:
        self.write("forecast/distributions", paths_table([1, 2]))
        for file in self.warehouse.rglob("*.parquet"):
            file.write_bytes(file.read_bytes()[:-20])
        result = self.run_script()
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot read it", result.stderr)

    def test_other_protocol_fails(self) -> None:
        options = {"delta.enableDeletionVectors": "true"}
        self.write("forecast/distributions", paths_table([1]), configuration=options)
        result = self.run_script()
        self.assertEqual(result.returncode, 1)
        self.assertIn("protocol (3, 7), expected (1, 2)", result.stderr)

    def test_empty_warehouse_fails(self) -> None:
        self.assertEqual(self.run_script().returncode, 2)


    def test_readers_that_disagree_are_named(self) -> None:
        self.write("forecast/distributions", paths_table([1, 2, 3, 4]))
        path, grain = self.warehouse / "forecast/distributions", ["commodity", "path_id"]
        honest = read_tables.READERS["polars"]
        faults = {
            "a value": lambda t: t.set_column(5, "day_1", pa.array([1.0, 2.0, 3.0, 4.0], pa.float32())),
            "a row": lambda t: t.slice(1),
            "a column": lambda t: t.drop_columns(["day_2"]),
            "a type": lambda t: t.set_column(4, "path_id", t["path_id"].cast(pa.int64())),
        }
        for what, fault in faults.items():
            self.assertEqual(honest(path).column_names[4:6], ["path_id", "day_1"])
            readers = read_tables.READERS | {"polars": lambda p, fault=fault: fault(honest(p))}
            with self.subTest(what), unittest.mock.patch.object(read_tables, "READERS", readers):
                _, problems = read_tables.check(path, "t", grain, (1, 2))
                self.assertEqual(len(problems), 1, problems)
                self.assertIn("polars", problems[0])


class Columns(unittest.TestCase):
    def digest(self, values: list, kind: pa.DataType) -> str:
        return columns.digest(columns.canonical(pa.table({"x": pa.array(values, kind)}))["x"])

    def test_digest_sees_values_nulls_and_bits(self) -> None:
        base = self.digest([1.0, None, 0.0], pa.float64())
        for other in ([1.0, 0.0, None], [1.0, 0.0, 0.0], [1.0, None, -0.0], [math.nextafter(1.0, 2), None, 0.0]):
            self.assertNotEqual(base, self.digest(other, pa.float64()))
        self.assertNotEqual(self.digest(["ab", "c"], pa.string()), self.digest(["a", "bc"], pa.string()))
        self.assertNotEqual(self.digest([None], pa.string()), self.digest([""], pa.string()))

    def test_digest_ignores_the_readers_type(self) -> None:
        text = ["a", None, "bc"]
        self.assertEqual(self.digest(text, pa.string()), self.digest(text, pa.large_string()))
        self.assertEqual(self.digest(text, pa.string()), self.digest(text, pa.string_view()))
        self.assertEqual(self.digest(text, pa.string()), self.digest(text, pa.dictionary(pa.int8(), pa.string())))

    def test_maps_are_compared_by_entry(self) -> None:
        pairs = pa.array([[("b", "2"), ("a", "1")], None], pa.map_(pa.string(), pa.string()))
        entry = pa.struct([("key", pa.string()), ("value", pa.string())])
        entries = pa.array([[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}], None], pa.list_(entry))
        both = [columns.canonical(pa.table({"x": array}))["x"].to_pylist() for array in (pairs, entries)]
        self.assertEqual(both[0], both[1])

    def test_digest_ignores_chunks_and_slices(self) -> None:
        table = pa.concat_tables([paths_table([1, 2, 3]), paths_table([4, 5, 6])])
        whole = columns.canonical(paths_table([2, 3, 4, 5]))
        sliced = columns.canonical(table.slice(1, 4))
        for name in whole.column_names:
            self.assertEqual(columns.digest(whole[name]), columns.digest(sliced[name]), name)


if __name__ == "__main__":
    unittest.main()
