"""Errors as Dagster failures: a message that holds no data value, and nothing chained to it."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import psycopg

from conflict_pipeline.errors import (
    PipelineError,
    UndoneChunksError,
    UnreachableError,
    describe,
    is_transient,
)


@contextmanager
def as_dagster_failures() -> Iterator[None]:
    """Turn any error into a Dagster failure whose message holds no value, with nothing chained to it.

    Encloses all work on data, because Dagster stores and prints the errors of ops. The stack of an unexpected
    error is kept as metadata. Unfinished chunks are linked to the runs that failed. A retry policy applies to
    transient errors only.
    """
    try:
        yield
    except UnreachableError as error:
        raise dg.Failure(str(error), allow_retries=True) from None
    except UndoneChunksError as error:
        links = {key: dg.MetadataValue.dagster_run(run_id) for key, run_id in error.runs.items()}
        raise dg.Failure(str(error), metadata=links, allow_retries=False) from None
    except PipelineError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    except psycopg.Error as error:
        raise dg.Failure(describe(error), allow_retries=is_transient(error)) from None
    except dg.Failure:
        raise
    except Exception as error:  # noqa: BLE001 - raised again without its message
        # The stack holds lines of code and no values.
        stack = "".join(traceback.format_tb(error.__traceback__))
        raise dg.Failure(describe(error), metadata={"stack": stack}, allow_retries=False) from None
