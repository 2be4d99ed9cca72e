"""What the log leaves out."""

import logging


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
        return True
