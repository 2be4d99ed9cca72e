"""Which version of the product this is; `pyproject.toml` says the same."""

import datetime

VERSION = "0.1.0"
# A clock before this day is wrong (`doctor`).
BUILT_ON = datetime.date(2026, 11, 26)
