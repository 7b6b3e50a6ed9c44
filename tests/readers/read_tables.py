"""Reads every Delta table below a warehouse with deltalake, DuckDB and Polars, and holds the three against each other.

    python read_tables.py WAREHOUSE [--key commodity] [--protocol 1,2]

WAREHOUSE is a folder, or s3://bucket/prefix with endpoint and credentials in the usual AWS_* variables.

Rows, columns, values (bit for bit, in whatever order the files give them), nulls and the uniqueness of each table's
grain must agree. Prints one line per table; exits 1 with one line per difference, 2 if there is no table.
DuckDB's extensions come from their wheels: nothing is downloaded.
"""

import argparse
import importlib
import sys
import time
from pathlib import Path

import duckdb
import polars
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable

import s3
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


Place = Path | str  # a folder, or an address on S3


def delta_table(path: Place) -> DeltaTable:
    return DeltaTable(str(path), storage_options=s3.storage_options(path))


def read_deltalake(path: Place) -> pa.Table:
    return delta_table(path).to_pyarrow_table()


def read_duckdb(path: Place) -> pa.Table:
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute(f"load '{duckdb_extension('delta')}'")
    if s3.is_s3(path):
        s3.teach_duckdb(connection, duckdb_extension("httpfs"))
    connection.execute("set arrow_large_buffer_size = true")
    return connection.execute("select * from delta_scan(?)", [str(path)]).to_arrow_table()


def read_polars(path: Place) -> pa.Table:
    return polars.scan_delta(str(path), storage_options=s3.storage_options(path)).collect().to_arrow()


READERS = {"deltalake": read_deltalake, "duckdb": read_duckdb, "polars": read_polars}


def duckdb_extension(name: str) -> str:
    """The extension's file inside its wheel, for the installed DuckDB's version."""
    wheel = importlib.import_module(f"duckdb_extension_{name}")
    file = Path(wheel.__file__).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.is_file():
        raise SystemExit(f"no {file}: install duckdb and duckdb-extension-{name} of one version")
    return str(file)


def tables_below(warehouse: str) -> list[Place]:
    if s3.is_s3(warehouse):
        return s3.tables_below(warehouse)
    return sorted(log.parent for log in Path(warehouse).rglob("_delta_log") if log.is_dir())


def has_column(path: Path, name: str) -> bool:
    return name in {field.name for field in DeltaTable(str(path)).schema().fields}


def sorted_rows(table: pa.Table, order: list[str]) -> pa.Table:
    return table.take(pc.sort_indices(table, sort_keys=[(name, "ascending") for name in order]))


def duplicates(table: pa.Table, grain: list[str]) -> int:
    return table.num_rows - table.group_by(grain).aggregate([]).num_rows


def check(path: Place, name: str, grain: list[str] | None, protocol: tuple[int, int]) -> tuple[list, list[str]]:
    """The printed line and the differences of one table."""
    problems = []
    found = delta_table(path).protocol()
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


def differences(name: str, path: Place, one: tuple, other: tuple) -> list[str]:
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
    parser.add_argument("warehouse", help="folder, file:// URL or s3://bucket/prefix")
    parser.add_argument("--key", default="commodity", help="the dataset's key columns, separated by commas")
    parser.add_argument("--protocol", default="1,2", help="reader and writer version every table must have")
    arguments = parser.parse_args()

    warehouse = arguments.warehouse.removeprefix("file://").rstrip("/")
    if not s3.is_s3(warehouse):
        warehouse = str(Path(warehouse))
    keys = arguments.key.split(",")
    protocol = tuple(int(part) for part in arguments.protocol.split(","))
    paths = tables_below(warehouse)
    if not paths:
        print(f"no Delta table below {warehouse}", file=sys.stderr)
        return 2

    lines, problems = [["table", "rows", "columns", *(f"{reader} s" for reader in READERS)]], []
    for path in paths:
        name = str(path).removeprefix(f"{warehouse}/")
        grain = GRAINS.get(name)
        if name == "forecast/distributions" and has_column(path, "day_ahead"):
            # the long form: a row per day ahead
            grain = [*grain, "day_ahead"]
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
