"""The log: one line an event, for a person or as JSON; never what a picture holds or is called."""

import json
import logging
import time

from reprise.escaping import printable
from reprise.serving.settings import LogFormat

LOG = logging.getLogger("reprise.serving")
FIELDS = "fields"  # of a record: what a program may want to read


class _Text(logging.Formatter):
    """Time, level where it is a warning or worse, and the message."""

    def format(self, record: logging.LogRecord) -> str:
        urgent = f"{record.levelname} " if record.levelno >= logging.WARNING else ""
        said = " ".join(f"{key}={value}" for key, value in getattr(record, FIELDS, {}).items())
        line = printable(f"{_moment(record)} {urgent}{record.getMessage()} {said}".rstrip())
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    """One object a line, with the fields of the event beside its message."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"time": _moment(record), "level": record.levelname, "message": record.getMessage()}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps({**said, **getattr(record, FIELDS, {})})


def _moment(record: logging.LogRecord) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{moment}.{int(record.msecs):03d}Z"


def start(form: LogFormat) -> None:
    """Write the log to standard error; what the library of HTTP says goes there from errors on."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if form == "json" else _Text())
    for log, level in ((LOG, logging.INFO), (logging.getLogger("uvicorn"), logging.ERROR)):
        log.handlers, log.propagate = [handler], False
        log.setLevel(level)
