"""What the readers need to reach tables on S3: the usual AWS_* variables, said to each in its own way."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
from pyarrow import fs

SETTINGS = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ALLOW_HTTP",
]


def is_s3(place: str | Path) -> bool:
    return str(place).startswith("s3://")


def storage_options(place: str | Path) -> dict[str, str] | None:
    """For deltalake and Polars."""
    if not is_s3(place):
        return None
    return {name.lower(): os.environ[name] for name in SETTINGS if name in os.environ}


def tables_below(warehouse: str) -> list[str]:
    """Addresses of the tables, found by their logs, in order."""
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    store = fs.S3FileSystem(
        endpoint_override=endpoint.netloc or None,
        scheme=endpoint.scheme or "https",
        region=os.environ.get("AWS_REGION", "us-east-1"),
    )
    root = warehouse.removeprefix("s3://").rstrip("/")
    logs = {found.path.split("/_delta_log/")[0] for found in store.get_file_info(fs.FileSelector(root, recursive=True))
            if "/_delta_log/" in found.path}
    return [f"s3://{path}" for path in sorted(logs)]


def teach_duckdb(connection: duckdb.DuckDBPyConnection, extension: str) -> None:
    """Loads the extension for S3 from its wheel and hands it endpoint and credentials."""
    connection.execute(f"load '{extension}'")
    endpoint = urlsplit(os.environ.get("AWS_ENDPOINT_URL", ""))
    values = {
        "key_id": os.environ["AWS_ACCESS_KEY_ID"],
        "secret": os.environ["AWS_SECRET_ACCESS_KEY"],
        "session_token": os.environ.get("AWS_SESSION_TOKEN"),
        "region": os.environ.get("AWS_REGION", "us-east-1"),
        "endpoint": endpoint.netloc or None,
        "url_style": "path" if endpoint.netloc else None,
    }
    told = [f"{name} '{value}'" for name, value in values.items() if value]
    if endpoint.scheme == "http":
        told.append("use_ssl false")
    connection.execute(f"create secret (type s3, {', '.join(told)})")
