"""Carry a school from SQLite to PostgreSQL."""

import os

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from terror_site import moving, serving


class Command(BaseCommand):
    help = (
        "Copies everything from this site's SQLite database into an empty PostgreSQL "
        "database, compares every value, and keeps the copy only if all are the same. "
        "The SQLite database is only read. The site must be stopped."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "address",
            nargs="?",
            default=os.environ.get("NEW_DATABASE_URL", ""),
            help="of the new database, postgres://NAME:PASSWORD@HOST/DATABASE; better "
            "in NEW_DATABASE_URL, since everybody on the computer can read a command",
        )

    def handle(self, *args, **options):
        if connection.vendor != "sqlite":
            raise CommandError(
                "Nothing was moved. This site is not on SQLite: DATABASE_URL names "
                f"{connection.vendor} already."
            )
        with serving.nobody_else() as is_alone:
            if not is_alone:
                raise CommandError(
                    "Nothing was moved. The site is running: stop it, then try again."
                )
            try:
                rows = moving.move(options["address"], self.stdout.write)
            except moving.MoveError as error:
                raise CommandError(f"Nothing was moved. {error}") from error
            except Error as error:
                said = " ".join(str(error).split())
                raise CommandError(
                    "Nothing was moved. The new database cannot be used: see that it "
                    f"runs, and name and password are right ({said})."
                ) from error
        self.stdout.write(
            f"Moved and compared: {sum(rows.values()):,} rows in {len(rows)} tables. "
            "From now on start the site with DATABASE_URL set to the new address."
        )
