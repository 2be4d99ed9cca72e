"""One id for each request: in the log, in the answer's header and on error pages."""

import contextvars
import re
import secrets

HEADER = "X-Request-ID"
_GIVEN = re.compile(r"[A-Za-z0-9-]{8,64}\Z", re.ASCII)
# Not reset when an answer is ready: Django logs a refusal after every middleware.
_current = contextvars.ContextVar("request_id", default="")


def begin(given=""):
    """Begin a request under the id that a trusted proxy gave, or under a new one."""
    _current.set(given if _GIVEN.match(given) else secrets.token_hex(6))
    return current()


def current():
    """Return the id of the request that this thread is at; empty outside of one."""
    return _current.get()
