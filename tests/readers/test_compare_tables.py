"""The comparison passes equal tables, however they were written, and finds planted faults."""

import datetime
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import pyarrow as pa
from deltalake import write_deltalake

SCRIPT = Path(__file__).with_name("compare_tables.py")
DAY = datetime.date(2020, 1, 2)


def paths_table(path_ids: list[int], run: str, shift: float = 0.0) -> pa.Table:
    n = len(path_ids)
    return pa.table(
        {
            "commodity": ["Coffee"] * n,
            "model_name": ["naive"] * n,
            "model_version": ["v1"] * n,
            "data_cutoff_date": pa.array([DAY] * n, pa.date32()),
            "path_id": pa.array(path_ids, pa.int32()),
            "day_1": pa.array([None if i == 3 else 100.0 + i / 7 + shift for i in path_ids], pa.float32()),
            "run_id": [run] * n,
        }
    )


class Compared(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, side: str, *parts: pa.Table, table: str = "forecast/distributions") -> None:
        path = Path(self.folder.name, side, table)
        path.mkdir(parents=True, exist_ok=True)
        for part in parts:
            write_deltalake(str(path), part, mode="append")

    def compare(self) -> tuple[int, str]:
        sides = [str(Path(self.folder.name, side)) for side in ("one", "other")]
        done = subprocess.run([sys.executable, SCRIPT, *sides], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def finds(self, *words: str) -> None:
        code, told = self.compare()
        self.assertEqual(code, 1, told)
        for word in words:
            self.assertIn(word, told)

    def test_files_order_and_run_do_not_count(self) -> None:
        self.write("one", paths_table([1, 2, 3, 4], "a"))
        self.write("other", paths_table([4, 3], "b"), paths_table([1, 2], "c"))
        code, told = self.compare()
        self.assertEqual(code, 0, told)
        self.assertIn("forecast.distributions: 4 rows", told)

    def test_a_value_that_differs(self) -> None:
        self.write("one", paths_table([1, 2], "a"))
        self.write("other", paths_table([1], "a"), paths_table([2], "a", shift=0.001))
        self.finds("1 rows of one are not in other", "1 rows of other are not in one")

    def test_a_row_too_many(self) -> None:
        self.write("one", paths_table([1, 2], "a"))
        self.write("other", paths_table([1, 2], "a"), paths_table([2], "b"))
        self.finds("2 rows against 3", "1 rows of other beyond one per commodity")

    def test_a_row_doubled_in_both_is_found_by_its_grain(self) -> None:
        for side in ("one", "other"):
            self.write(side, paths_table([1, 1], "a"))
        self.finds("1 rows of one beyond one per", "1 rows of other beyond one per")

    def test_a_row_lost(self) -> None:
        self.write("one", paths_table([1, 2, 3], "a"))
        self.write("other", paths_table([1, 2], "a"))
        self.finds("3 rows against 2", "1 rows of one are not in other")

    def test_a_table_or_column_that_one_side_lacks(self) -> None:
        for side in ("one", "other"):
            self.write(side, paths_table([1], "a"))
        self.write("one", paths_table([1], "a"), table="forecast/more")
        self.finds("forecast/more: only one side has it")
        self.write("other", paths_table([1], "a").append_column("x", pa.array([1])), table="forecast/more")
        self.finds("forecast/more: only one side has the columns")

    def test_the_ledger_does_not_count_and_no_table_is_an_error(self) -> None:
        self.write("one", paths_table([1], "a"), table="ops/runs")
        code, told = self.compare()
        self.assertEqual(code, 2, told)


if __name__ == "__main__":
    unittest.main()
