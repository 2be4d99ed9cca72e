"""Bring the school's data to this version, or leave it as it was."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection, connections

from terror_site import backups, releases, serving, storage, swaps
from terror_site.failures import DISK_FULL, of

_TEXTS = "SELECT id, checksum FROM assessments_answerversion"


def texts():
    """Return the number and checksum of every kept text, past the models."""
    with connection.cursor() as cursor:
        cursor.execute(_TEXTS)
        return set(cursor.fetchall())


class Command(BaseCommand):
    help = (
        "Shows which version ran last and what changes for people; with --apply backs "
        "up, changes the database, checks it and, if anything fails, puts the backup "
        "back. The site must be stopped. “make upgrade” also installs the packages."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--apply", action="store_true", help="do it")

    def handle(self, *args, **options):
        var, base = Path(settings.VAR_DIR), settings.BASE_DIR
        for line in releases.preview(var, base):
            self.stdout.write(line)
        if not options["apply"]:
            self.stdout.write("Nothing was changed yet: say it again with --apply.")
            return
        with serving.nobody_else() as is_alone:
            if not is_alone:
                raise CommandError(
                    "Nothing was changed. The site is running: stop it, then try again."
                )
            ran_last = releases.last(var)
            backup, before = self.prepare_to_go_back()
            problem = self.go_forward(before)
        if problem:
            self.go_back(backup, problem, ran_last)
        releases.note(var, base)
        self.stdout.write(
            f"Upgraded to version {releases.version_of(base)}: {len(before):,} texts are "
            f"all there. Start the site as usual. The backup from before is {backup}."
        )

    def prepare_to_go_back(self):
        storage.check(is_to_be_migrated=True)
        if not connection.introspection.table_names():
            raise CommandError("There is no school here yet: start with “make run”.")
        try:
            before = texts()
            backup = backups.make(settings.BACKUP_DIR, say=self.stdout.write)
        except (backups.BackupError, Error, OSError) as error:
            what = "the disk is full" if of(error) is DISK_FULL else error
            raise CommandError(
                f"Nothing was changed, since no backup could be made: {what}"
            ) from error
        self.stdout.write(f"Backed up and checked: {backup}.")
        connections.close_all()
        return backup, before

    def go_forward(self, before):
        """Return why it failed, or None. In a process of its own, which may die."""
        for step, command in (
            ("Changing the database …", ["prepare"]),
            ("Checking it …", ["check", "--deploy", "--fail-level=ERROR"]),
        ):
            self.stdout.write(step)
            self.stdout.flush()
            ran = subprocess.run(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            if ran.returncode:
                said = ran.stderr.strip().splitlines()
                return said[-1] if said else f"it ended with {ran.returncode}"
        try:
            storage.check()
            lost = before - texts()
        except (CommandError, Error) as error:
            return str(error)
        return f"{len(lost)} texts were missing after it" if lost else None

    def go_back(self, backup, problem, ran_last):
        self.stdout.write(f"It failed ({problem}). Putting the backup back …")
        connections.close_all()
        try:
            backups.restore(backup, self.stdout.write)
        except (backups.BackupError, swaps.HalfDoneError, OSError) as error:
            raise CommandError(
                f"The upgrade failed, and so did going back: {error} Leave the site "
                f"stopped and run: manage.py restore {backup}"
            ) from error
        # What went forward has noted itself as what runs here.
        releases.put_back(settings.VAR_DIR, ran_last)
        version = ran_last.get("version") or "before"
        raise CommandError(
            f"The upgrade failed: {problem}. The data is as it was; go on with version "
            f"{version}."
        )
