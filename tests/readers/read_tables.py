"""Reads every Delta table below a warehouse with deltalake, DuckDB and Polars, and holds the three against each other.

    python read_tables.py WAREHOUSE [--key commodity] [--protocol 1,2]

Rows, columns, values (bit for bit, in whatever order the files give them), nulls and the uniqueness of each table's
grain must agree. Prints one line per table; exits 1 with one line per difference, 2 if there is no table.
DuckDB's delta extension comes from its wheel: nothing is downloaded.
"""

import argparse
import sys
import time
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

from columns import canonical, digest, first_difference

# Columns that together identify a row; KEY stands for the dataset's key columns. Other tables have no such promise.
KEY = "<key>"
FORECAST = [KEY, "model_name", "model_version", "data_cutoff_date"]
GRAINS = {
    "silver/unified_data": ["date", KEY, "region"],
    "silver/model_input": ["date", KEY],
    "forecast/trained_models": [KEY, "model_name", "model_version", "training_cutoff_date"],
    "forecast/distributions": [*FORECAST, "path_id"],
    "forecast/point_forecasts": [*FORECAST, "day_ahead"],
    "forecast/actual_paths": [KEY, "data_cutoff_date"],
    "forecast/forecast_actuals": [KEY, "date"],
    "forecast/forecast_metadata": [*FORECAST, "horizon", "scope"],
}


def read_deltalake(path: Path) -> pa.Table:
    return DeltaTable(str(path)).to_pyarrow_table()


def read_duckdb(path: Path) -> pa.Table:
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute(f"load '{duckdb_delta_extension()}'")
    connection.execute("set arrow_large_buffer_size = true")
    return connection.execute("select * from delta_scan(?)", [str(path)]).to_arrow_table()


def read_polars(path: Path) -> pa.Table:
    return polars.scan_delta(str(path)).collect().to_arrow()


READERS = {"deltalake": read_deltalake, "duckdb": read_duckdb, "polars": read_polars}


def duckdb_delta_extension() -> Path:
    """The extension file inside the wheel, for the installed DuckDB's version."""
    import duckdb_extension_delta

    folder = Path(duckdb_extension_delta.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    found = sorted(folder.glob("delta.duckdb_extension"))
    if not found:
        raise SystemExit(f"no delta extension in {folder}: install duckdb and duckdb-extension-delta of one version")
    return found[0]


def tables_below(warehouse: Path) -> list[Path]:
    return sorted(log.parent for log in warehouse.rglob("_delta_log") if log.is_dir())


def sorted_rows(table: pa.Table, order: list[str]) -> pa.Table:
    return table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in order]))


def duplicates(table: pa.Table, grain: list[str]) -> int:
    return table.num_rows - table.group_by(grain).aggregate([]).num_rows


def check(path: Path, name: str, grain: list[str] | None, protocol: tuple[int, int]) -> tuple[list, list[str]]:
    """The printed line and the differences of one table."""
    problems = []
    found = DeltaTable(str(path)).protocol()
    versions = (found.min_reader_version, found.min_writer_version)
    if versions != protocol:
        problems.append(f"{name}: protocol {versions}, expected {protocol}")

    reference, seconds, shape = None, [], "-"
    for reader, read in READERS.items():
        start = time.monotonic()
        try:
            table = canonical(read(path))
        except (Exception, polars.exceptions.PanicException) as error:  # a finding like any other
            problems.append(f"{name}: {reader} cannot read it: {error}")
            seconds.append("-")
            continue
        seconds.append(f"{time.monotonic() - start:.2f}")
        order = [column for column in grain or [] if column in table.column_names]
        if grain and order != grain:
            problems.append(f"{name}: {reader} lacks {sorted(set(grain) - set(order))}, which identify a row")
        repeated = duplicates(table, order) if order and order == grain else None
        if repeated:
            problems.append(f"{name}: {reader} finds {repeated} rows beyond one per {', '.join(order)}")
        # where the grain does not order the rows, everything does
        table = sorted_rows(table, order if repeated == 0 else table.column_names)
        summary = {column: digest(table[column]) for column in table.column_names}
        if reference is None:
            reference, shape = (reader, table.num_rows, summary), (table.num_rows, table.num_columns)
            continue
        problems += differences(name, path, reference, (reader, table.num_rows, summary))
    rows, width = shape if isinstance(shape, tuple) else ("-", "-")
    return [name, rows, width, *seconds], problems


def differences(name: str, path: Path, one: tuple, other: tuple) -> list[str]:
    (reader, rows, columns), (other_reader, other_rows, other_columns) = one, other
    if rows != other_rows:
        return [f"{name}: {reader} reads {rows} rows, {other_reader} {other_rows}"]
    if columns.keys() != other_columns.keys():
        odd = sorted(columns.keys() ^ other_columns.keys())
        return [f"{name}: only one of {reader} and {other_reader} has the columns {odd}"]
    differing = [column for column in columns if columns[column] != other_columns[column]]
    if not differing:
        return []
    pair = [sorted_rows(canonical(READERS[r](path)), sorted(columns)) for r in (reader, other_reader)]
    return [
        f"{name}: column {column} differs between {reader} and {other_reader}: {first_difference(*pair, column)}"
        for column in differing
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("warehouse", help="folder or file:// URL")
    parser.add_argument("--key", default="commodity", help="the dataset's key columns, separated by commas")
    parser.add_argument("--protocol", default="1,2", help="reader and writer version every table must have")
    arguments = parser.parse_args()

    warehouse = Path(arguments.warehouse.removeprefix("file://"))
    keys = arguments.key.split(",")
    protocol = tuple(int(part) for part in arguments.protocol.split(","))
    paths = tables_below(warehouse)
    if not paths:
        print(f"no Delta table below {warehouse}", file=sys.stderr)
        return 2

    lines, problems = [["table", "rows", "columns", *(f"{reader} s" for reader in READERS)]], []
    for path in paths:
        name = path.relative_to(warehouse).as_posix()
        grain = GRAINS.get(name)
        grain = grain and [part for column in grain for part in (keys if column == KEY else [column])]
        line, found = check(path, name.replace("/", "."), grain, protocol)
        lines.append([str(cell) for cell in line])
        problems += found

    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        cells = (cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(line, widths)))
        print("  ".join(cells))
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
