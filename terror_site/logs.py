"""What the log leaves out."""

import logging


class ShortRefusals(logging.Filter):
    """Leaves the traceback out of a refusal: a 403 is no fault of the site."""

    def filter(self, record):
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = None
        return True
