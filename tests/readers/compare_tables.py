"""Holds the Delta tables of one warehouse against those of another with DuckDB, which shares no code with their writer.

    python compare_tables.py ONE OTHER [--key commodity]

Each is a folder, or s3://bucket/prefix with endpoint and credentials in the usual AWS_* variables.

Both must have the same tables (the ledger in ops aside), the same columns, as many rows, no row beyond one per grain,
and the same rows, each as often. Columns that tell when and by whom a row was written do not count. Prints one line per
table; exits 1 with one line per difference, 2 if the first holds no table.
"""

import argparse
import sys

import duckdb

import s3
from read_tables import GRAINS, KEY, duckdb_extension, tables_below

# Who wrote a row, when, and how long it took.
OF_THE_RUN = {"run_id", "generation_timestamp", "created_at", "created_by", "fit_seconds", "inference_seconds"}


def tables_of(warehouse: str) -> dict[str, str]:
    """Addresses of the tables by name, without the ledger."""
    root = warehouse.removeprefix("file://").rstrip("/")
    places = [str(place) for place in tables_below(root)]
    names = {place.removeprefix(f"{root}/"): place for place in places}
    return {name: place for name, place in names.items() if not name.startswith("ops/")}


def connect(places: list[str]) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False})
    connection.execute(f"load '{duckdb_extension('delta')}'")
    if any(s3.is_s3(place) for place in places):
        s3.teach_duckdb(connection, duckdb_extension("httpfs"))
    return connection


def number(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return connection.execute(query).fetchone()[0]


def quoted(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def compare(connection: duckdb.DuckDBPyConnection, name: str, sides: list[str], keys: list[str]) -> tuple[int, list]:
    """Rows on the first side, and the differences."""
    columns = []
    for view, place in zip(("one", "other"), sides):
        place = place.replace("'", "''")
        connection.execute(f"create or replace temp table {view} as select * from delta_scan('{place}')")
        described = connection.execute(f"describe {view}").fetchall()
        columns.append({column: kind for column, kind, *_ in described})
    rows = [number(connection, f"select count(*) from {view}") for view in ("one", "other")]
    if columns[0] != columns[1]:
        return rows[0], [f"{name}: only one side has the columns {sorted(columns[0].items() ^ columns[1].items())}"]

    problems = []
    if rows[0] != rows[1]:
        problems.append(f"{name}: {rows[0]} rows against {rows[1]}")
    grain = GRAINS.get(name)
    if name == "forecast/distributions" and "day_ahead" in columns[0]:
        grain = [*grain, "day_ahead"]  # the long form
    if grain:
        grain = [part for column in grain for part in (keys if column == KEY else [column])]
        for view, count in zip(("one", "other"), rows):
            unique = number(connection, f"select count(*) from (select distinct {quoted(grain)} from {view})")
            if unique != count:
                problems.append(f"{name}: {count - unique} rows of {view} beyond one per {', '.join(grain)}")
    content = quoted([column for column in columns[0] if column not in OF_THE_RUN])
    extra_of_one = 0
    for view, against in (("one", "other"), ("other", "one")):
        if view == "other" and rows[0] == rows[1] and not extra_of_one:
            break  # as many rows, of which none is only on the first side, are the same
        extra = f"select {content} from {view} except all select {content} from {against}"
        found = number(connection, f"select count(*) from ({extra})")
        if found:
            first = connection.execute(f"{extra} limit 1").fetchone()
            problems.append(f"{name}: {found} rows of {view} are not in {against}, such as {str(first)[:400]}")
        extra_of_one += found
    return rows[0], problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", help="folder, file:// URL or s3://bucket/prefix")
    parser.add_argument("other", help="the same")
    parser.add_argument("--key", default="commodity", help="the dataset's key columns, separated by commas")
    arguments = parser.parse_args()

    one, other = tables_of(arguments.one), tables_of(arguments.other)
    if not one:
        print(f"no Delta table below {arguments.one}", file=sys.stderr)
        return 2
    connection = connect([*one.values(), *other.values()])
    problems = [f"{name}: only one side has it" for name in sorted(one.keys() ^ other.keys())]
    for name in sorted(one.keys() & other.keys()):
        rows, found = compare(connection, name, [one[name], other[name]], arguments.key.split(","))
        print(f"{name.replace('/', '.')}: {rows} rows")
        problems += found
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
