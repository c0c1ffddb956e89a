"""Log lines for operators: text, known fields and format. They never hold a data value.

A line that may need an operator's action carries an `event`: `run_failed`, `chunks_stuck` or
`cycle_completed`.
"""

import json
import logging
import os
import sys
import weakref
from datetime import UTC, datetime
from typing import Any


def about(event: str | None = None, **known: Any) -> dict[str, dict[str, Any]]:
    """Return the `extra` of a log call: what is known of the line, such as chunk and cycle."""
    return {"fields": {"event": event, **known}}


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is known of job, step, run_id, chunk, cycle, event and so on; nothing that is None."""
    known: dict[str, Any] = getattr(record, "fields", {})
    return {name: value for name, value in known.items() if value is not None}


def text(record: logging.LogRecord) -> str:
    """Return the message for operators; a filter may have put a better one on the record, as `text`."""
    return str(getattr(record, "text", None) or record.getMessage())


class TextFormatter(logging.Formatter):
    """`21:02:15 conflict_report process_chunks: message`, with job and step where they are known."""

    def format(self, record: logging.LogRecord) -> str:
        known = fields(record)
        level = record.levelname if record.levelno >= logging.WARNING else None
        parts = (self.formatTime(record, "%H:%M:%S"), known.get("job"), known.get("step"), level)
        return f"{' '.join(part for part in parts if part)}: {text(record)}"


class JsonFormatter(logging.Formatter):
    """One JSON object for each line: time (UTC), level, logger, message, and the fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": text(record),
            **fields(record),
        }
        if record.exc_info and record.exc_info[0]:
            # Only the class of a library's error, because its message and stack may hold values.
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str)


def create_logger(level: int | str = logging.INFO, *, as_json: bool) -> logging.Logger:
    """Return a logger that prints to standard error; as JSON, warnings of libraries and Python are, too."""
    # The logger is not registered, because each run in a process has handlers of its own.
    logger = logging.Logger("conflict_pipeline", level=level)  # noqa: LOG001
    printer = _create_printer()
    printer.setFormatter(JsonFormatter() if as_json else TextFormatter())
    logger.addHandler(printer)
    if as_json:
        _print_others_as_json()
    return logger


def _create_printer() -> logging.Handler:
    """Return a handler that prints to the present standard error.

    While a step runs, Dagster redirects standard error to a file. Another process copies that file, and
    ends with the step, possibly before it has copied the last lines.
    """
    try:
        stream = os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding="utf-8", errors="backslashreplace")
    except OSError:  # standard error is not a file
        return logging.StreamHandler(sys.stderr)
    printer = logging.StreamHandler(stream)
    weakref.finalize(printer, stream.close)
    return printer


def _print_others_as_json() -> None:
    """Print the warnings of libraries and of Python itself, unless the program has configured logging."""
    logging.captureWarnings(capture=True)
    if not logging.root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        # Dagster's servers print their own lines (--log-format).
        handler.addFilter(lambda record: not logging.getLogger(record.name.partition(".")[0]).handlers)
        logging.root.addHandler(handler)
