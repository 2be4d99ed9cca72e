"""Everything between an unpacked copy and a site that can be served."""

import csv
import hashlib
import os
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from assessments import erasing
from people import audit, set_up
from terror_site import backups, content, demo, releases, room, storage


class Command(BaseCommand):
    help = (
        "Creates or updates the database, loads the shipped lessons, collects the "
        "static files and, in an empty database and unless DEMO=0, makes the "
        "demonstration school. Running it again changes nothing people did."
    )

    def handle(self, *args, **options):
        try:
            Path(settings.VAR_DIR).mkdir(parents=True, exist_ok=True)
            room.give_back_if_short()
            storage.check(is_to_be_migrated=True)
            self.prepare()
        except (OperationalError, OSError) as error:
            storage.refuse_unusable(error)

    def prepare(self):
        Path(settings.MEDIA_ROOT).mkdir(parents=True, exist_ok=True)
        room.keep()
        self.migrate()
        self.follow_restore()
        report = content.bring_up_to_date()
        self.say(f"Lessons: {report}.")
        for label in report.kept:
            self.say(f"  left as your school has it: {label}")
        self.collect_static()
        if os.environ.get("DEMO", "1") != "0" and demo.is_wanted():
            accounts = demo.load()
            self.say(f"Demonstration school: {len(accounts)} people.")
        releases.note(settings.VAR_DIR, settings.BASE_DIR)

    def say(self, line):
        self.stdout.write(f"  {line}")
        self.stdout.flush()

    def migrate(self):
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SET statement_timeout = 0")
            call_command("migrate", verbosity=0, interactive=False)
        self.say(f"Database: {len(plan)} changes made.")

    def follow_restore(self):
        """Write a restore into the log it brought back, and erase whom it brought back.

        Here and not when restoring: an old backup has no table for it until now.
        """
        restored = Path(settings.VAR_DIR) / backups.RESTORED
        if restored.exists():
            audit.record(
                audit.AuditEntry.Action.RESTORED, detail=restored.read_text().strip()
            )
            restored.unlink()
        if again := erasing.erase_again():
            self.say(f"Erased again, since the backup brought them back: {again}.")

    def collect_static(self):
        """Collect only when a source file has changed: compressing takes seconds."""
        digest = hashlib.sha256()
        count = 0
        for finder in get_finders():
            for path, files in finder.list([]):
                stat = Path(files.path(path)).stat()
                digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
                count += 1
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        if stamp.exists() and stamp.read_text() == digest.hexdigest():
            self.say("Pictures, styles and scripts: unchanged.")
            return
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(digest.hexdigest())
        self.say(f"Pictures, styles and scripts: {count} files collected.")


def sign_in_lines(address):
    """Return what the terminal shows at the end: who can sign in, and how."""
    if set_up.needs_set_up():
        return [
            "This site has no school yet. Set it up here; the link works once:",
            f"  {address}/set-up/{set_up.make_token()}/",
        ]
    path = demo.accounts_file()
    if not path.exists():
        return []
    shown = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            shown.setdefault(row["role"], (row["username"], row["password"]))
    lines = ["Demonstration sign-ins (username, password):"]
    lines += [
        f"  {role:<13} {username:<12} {password}"
        for role, (username, password) in shown.items()
    ]
    lines.append(f"  all of them: {path}")
    return lines
