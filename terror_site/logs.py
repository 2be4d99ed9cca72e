"""How the log is written, and what it leaves out.

An exception's own words can hold what somebody typed (`invalid literal for int():
'my answer'`), so the log has its type, its place in the code and the database's code
for it, never those words.
"""

import datetime
import json
import logging
import traceback

from terror_site import request_ids


class ShortRefusals(logging.Filter):
    """Leaves the traceback out of what is no fault of the code.

    A 403 is a refusal. A 503 says in its line what the database or the disk said: a
    class that saves on a full disk would otherwise fill the log with tracebacks.
    """

    def filter(self, record):
        status = getattr(record, "status_code", 500)
        if status == 503 and record.exc_info:
            said = str(record.exc_info[1]).strip().partition("\n")[0]
            record.msg, record.args = f"{record.getMessage()} ({said})", ()
        if status < 500 or status == 503:
            record.exc_info = None
            # What another handler has made of it.
            record.exc_text = None
        return True


def _what(error):
    """Return the type of an exception, with the database's code where it has one."""
    kind = type(error)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return f"{name} ({code})" if code else name


def trace(error):
    """Return the lines of an exception and of what caused it, without their words."""
    lines = []
    while error is not None:
        part = [f"  {frame.filename}:{frame.lineno} in {frame.name}"
                for frame in traceback.extract_tb(error.__traceback__)]  # fmt: skip
        lines = [*part, _what(error), *lines]
        error = error.__cause__ or (
            None if error.__suppress_context__ else error.__context__
        )
    return lines


class _Formatter(logging.Formatter):
    def formatException(self, exc_info):  # noqa: N802 (logging's name)
        return "\n".join(trace(exc_info[1]))

    def when(self, record):
        return datetime.datetime.fromtimestamp(record.created, tz=datetime.UTC)


class LineFormatter(_Formatter):
    """One event, one line; a traceback follows it, indented."""

    def format(self, record):
        # A line break in an address must not look like another event.
        said = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        line = (
            f"{self.when(record):%Y-%m-%d %H:%M:%S}Z {record.levelname} {record.name} "
            f"[{request_ids.current() or '-'}]: {said}"
        )
        if record.exc_info:
            rest = self.formatException(record.exc_info).replace("\n", "\n    ")
            line += f"\n    {rest}"
        return line


class JSONFormatter(_Formatter):
    """One event, one JSON object on one line, for whatever collects logs."""

    def format(self, record):
        event = {
            "time": self.when(record).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_ids.current() or None,
            "message": record.getMessage(),
        }
        if status := getattr(record, "status_code", None):
            event["status"] = status
        if record.exc_info:
            event["trace"] = trace(record.exc_info[1])
        return json.dumps(event, ensure_ascii=False)
