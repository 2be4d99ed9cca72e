"""`python -m tests.jumping_clock serve …`: the product with a clock that can jump.

Stands in for a machine whose clock is set: everything in the product asks
`timezone.now` or `time.time`, and both add the seconds in the file CLOCK_AHEAD. They
are changed before any model is imported, since defaults of fields keep them.
"""

import datetime
import os
import sys
import time
from pathlib import Path

from django.core.management import execute_from_command_line
from django.utils import timezone

_AHEAD = Path(os.environ["CLOCK_AHEAD"])
_true_time = time.time


def ahead():
    return float(_AHEAD.read_text())


def now():
    return datetime.datetime.fromtimestamp(time.time(), tz=datetime.UTC)


def jumping_time():
    return _true_time() + ahead()


if __name__ == "__main__":
    time.time = jumping_time
    timezone.now = now
    execute_from_command_line(["manage.py", *sys.argv[1:]])
