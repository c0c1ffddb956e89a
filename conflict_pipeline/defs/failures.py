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
    """Turn any error into a Dagster failure with a message that holds no value, nothing chained to it.

    Around all work on data, for Dagster stores and prints what comes out of it. What is a fault of ours keeps
    its stack, as metadata. Chunks that are not done are linked to the runs that failed at them.
    Where an asset has a retry policy, it is for what can pass only.
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
    except Exception as error:  # noqa: BLE001 - it goes on, without its message
        # Lines of code and no values; the message is left out.
        stack = "".join(traceback.format_tb(error.__traceback__))
        raise dg.Failure(describe(error), metadata={"stack": stack}, allow_retries=False) from None
