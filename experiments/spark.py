"""Spark as a warehouse: a folder of Parquet files, read by a session of our own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ibis

KIND = "pyspark"


def opened(url: str, tables: Sequence[str]) -> Any:
    """A connection of Ibis to Spark; what is not in the folder is looked for in Spark's catalog.

    Args:
        url: `pyspark:///FOLDER?spark.master=local[2]`, Spark's own settings after the mark.
        tables: Those that are `FOLDER/NAME.parquet`, each a file or a folder of files.
    """
    from pyspark.sql import SparkSession

    parts = urlsplit(url)
    builder = SparkSession.builder
    for name, value in parse_qsl(parts.query):
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    for name in tables:
        path = Path(parts.path) / f"{name}.parquet"
        if parts.path and path.exists():
            session.read.parquet(str(path)).createOrReplaceTempView(name)
    return ibis.pyspark.connect(session)
