"""The Spark engine: the same worker over Arrow batches, in ``mapInArrow``. Everything that knows of Spark stands here.

``pyspark`` (extra ``[spark]``) and Java 17 or later are needed on the machine that calls; the other machines need Python, this package and what it
depends on. The shared value goes to them once, as a file, by ``SparkContext.addFile``; each Python worker maps it into memory.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from custodes.engines import Shipped, Ticket, opened, shipped
from custodes.errors import InputError, UsageError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Batches = Iterator[pa.RecordBatch]
Finder = Callable[[Batches, Any], Batches]

BATCH = 65_536
"""Rows of an Arrow batch: as many as the other engines look at together."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


def mapped(
    finder: Finder, addresses: Sequence[str], read_as: pa.Schema, gives: pa.Schema, shared: Shipped, *, master: str = "", folder: Path | None = None,
    required: Sequence[str] = (), into: str = "", order: Sequence[str] = (),
) -> pa.Table:  # fmt: skip
    """Run ``finder(batches, shared)`` over the Parquet at ``addresses`` (paths, or any address that Spark opens); returns what it yields, as a table.

    ``read_as``: the schema in which the finder wants its rows: that of a record kind, or columns of text, of which the ``required`` ones must be
    there and others may be null. ``gives``: the schema of what it yields.
    The order of the rows is not defined. ``into``: write a Parquet folder there instead, sorted by ``order``; the table is then empty.
    """
    with shipped(shared, folder) as ticket, _session(master or "local[*]") as spark:
        spark.sparkContext.addFile(ticket.path)
        rows = _rows(spark, addresses, read_as, required)
        plan = rows.mapInArrow(partial(_work, finder, _named(ticket), read_as, gives), _spark_schema(gives))
        try:
            if into:
                plan.orderBy(*order).write.mode("overwrite").parquet(_escaped(into, glob=False), compression="zstd")
                return gives.empty_table()
            return plan.toArrow().cast(gives)
        except Exception as error:  # noqa: BLE001  what a worker or Java says comes in many classes; it is passed on in words
            raise _as_ours(error) from None


def _rows(spark: SparkSession, addresses: Sequence[str], read_as: pa.Schema, required: Sequence[str]) -> DataFrame:
    """The wanted columns of Parquet files as one frame; a file of ours has them, and anything else is looked at first."""
    from pyspark.errors import PySparkException
    from pyspark.sql import functions

    ours = (read_as.metadata or {}).get(b"kind")
    reader = spark.read.schema(_spark_schema(read_as)) if ours else spark.read
    try:
        frame = reader.parquet(*map(_escaped, addresses))
    except PySparkException as error:
        raise UsageError(f"Spark cannot read it: {_first_line(error)}", where=addresses[0], advice="give Parquet at an address that every worker can open") from None
    if ours:
        return frame
    if missing := [name for name in required if name not in frame.columns]:
        raise UsageError(f"has no column {', '.join(missing)}", where=addresses[0], advice=f"the table needs the columns {', '.join(required)}")
    types = dict(frame.dtypes)
    return frame.select(*(_column(functions, name, types.get(name, "")) for name in read_as.names))


def _column(functions: Any, name: str, kind: str) -> Any:
    """A column of somebody's Parquet as text: nested values as JSON, a missing column as null."""
    if not kind:
        return functions.lit(None).cast("string").alias(name)
    column = functions.col(f"`{name}`")
    return (functions.to_json(column) if kind.startswith(("array", "struct", "map")) else column.cast("string")).alias(name)


def _work(finder: Finder, ticket: Ticket, read_as: pa.Schema, gives: pa.Schema, batches: Batches) -> Batches:
    """What runs on a worker: the finder, between Spark's batches and ours."""
    for found in finder((_as(batch, read_as) for batch in batches), _here(ticket)):
        yield found.cast(gives).replace_schema_metadata()


def _as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch of Spark's in our schema (Spark drops the metadata in which our batches name their kind)."""
    return pa.RecordBatch.from_arrays([column.cast(field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema)


@lru_cache(maxsize=1)
def _here(ticket: Ticket) -> Any:
    """The shared value on this worker, opened once per process."""
    from pyspark import SparkFiles

    return opened(replace(ticket, path=SparkFiles.get(ticket.path)))


def _named(ticket: Ticket) -> Ticket:
    return replace(ticket, path=Path(ticket.path).name)


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema

    return from_arrow_schema(schema)


def _escaped(address: str, glob: bool = True) -> str:
    """A local path as an address that means just this file: Spark reads ``[`` and ``*`` in a path as a pattern."""
    if _ADDRESS.match(address):
        return address
    path = str(Path(address).absolute())
    return "file://" + (re.sub(r"([\\*?\[\]{}])", r"\\\1", path) if glob else path)


@contextmanager
def _session(master: str) -> Iterator[SparkSession]:
    """A Spark session of our own; UsageError saying what to install when there is no pyspark or no Java."""
    try:
        import pandas  # noqa: F401  mapInArrow asks for it
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UsageError(f"Spark is not installed here ({error.name} is missing)", where="--engine spark", advice="pip install 'custodes[spark]'") from None
    with ExitStack() as stack:
        stack.enter_context(_own_interrupt())
        log = stack.enter_context(tempfile.TemporaryFile())
        try:
            with _errors_to(log):
                spark = _configured(SparkSession.builder, master).getOrCreate()
        except (PySparkException, OSError, RuntimeError, TypeError) as error:
            raise _no_start(master, error, log) from None
        except Exception as error:  # noqa: BLE001  py4j has its own tree of errors for what Java says
            raise _no_start(master, error, log) from None
        stack.callback(spark.stop)
        if master.startswith("local"):
            spark.sparkContext.pythonExec = sys.executable  # elsewhere PYSPARK_PYTHON says which Python the workers have
        yield spark


def _configured(builder: Any, master: str) -> Any:
    """Settings without which answers or summaries would differ; all others are the cluster's own."""
    settings = {
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.caseSensitive": "true",
        "spark.sql.parquet.inferTimestampNTZ.enabled": "true",
    }
    if master.startswith("local"):
        settings |= {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = builder.master(master).appName("custodes")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder


@contextmanager
def _own_interrupt() -> Iterator[None]:
    """Afterwards Ctrl-C means what it meant before: a Spark context leaves a handler of its own behind, which fails once the context has stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Spark sets its handler in the main thread only, and nobody else may set one
        return
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before if before is not None else signal.default_int_handler)


@contextmanager
def _errors_to(log: Any) -> Iterator[None]:
    """Standard error of the Java process that starts inside goes to ``log``: ours holds nothing but our own summary."""
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        os.dup2(log.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _no_start(master: str, error: BaseException, log: Any) -> UsageError:
    """Why Spark did not start, and what to do about it."""
    log.seek(0)
    told = log.read().decode("utf-8", "replace")
    said = re.search(r"^(?:Exception in thread|Caused by:?).*?Exception: (.+)$", told, re.MULTILINE)
    old = "UnsupportedClassVersion" in told
    if old or (not said and ("JAVA_GATEWAY_EXITED" in str(error) or isinstance(error, FileNotFoundError))):
        return UsageError(
            "Spark could not start: " + ("this Java is older than Spark needs" if old else "no Java was found"), where="--engine spark",
            advice="install Java 17 or later (Debian: apt-get install openjdk-17-jre-headless) and see that `java -version` works, or set JAVA_HOME",
        )  # fmt: skip
    why = said[1] if said else _first_line(error)
    return UsageError(f"Spark could not start: {why}", where=f"--master {master}", advice="check the address, for instance local[2] or spark://host:7077")


def _as_ours(error: Exception) -> Exception:
    """An error of a job in our words; what our own worker said is passed on."""
    text = str(error)
    told = re.findall(r"^(?:custodes\.errors\.)?\w+Error: (.+)$", text, re.MULTILINE)
    return InputError(f"the Spark job failed: {told[-1] if told else _first_line(error)}", where="--engine spark", advice="the executors' logs say more; --engine cores gives the same answer")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
