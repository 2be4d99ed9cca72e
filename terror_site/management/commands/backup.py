from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from terror_site import backups


class Command(BaseCommand):
    help = (
        "Writes the whole site - database, pictures, secret key - into one checked "
        "file, while people go on working."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "folder",
            nargs="?",
            default=settings.BACKUP_DIR,
            help="where to (BACKUP_DIR, else var/backups)",
        )
        parser.add_argument(
            "--keep",
            type=int,
            default=settings.BACKUP_KEEP,
            help="how many of the newest to keep there (BACKUP_KEEP, else 30; 0: all)",
        )
        parser.add_argument(
            "--check", metavar="FILE", help="only check a backup that is there"
        )

    def handle(self, *args, **options):
        try:
            if options["check"]:
                manifest = backups.check(options["check"])
                backups.note_check(options["check"])
                self.stdout.write(
                    f"Sound: {options['check']}, made {manifest['made_at']}."
                )
                return
            path = backups.make(options["folder"], options["keep"], self.stdout.write)
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"No backup was made. {error}") from error
        self.stdout.write(
            f"Backed up and checked: {path} ({path.stat().st_size / 2**20:.1f} MB)."
        )
