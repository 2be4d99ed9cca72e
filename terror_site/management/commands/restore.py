from django.core.management.base import BaseCommand, CommandError

from terror_site import backups, swaps


class Command(BaseCommand):
    help = (
        "Puts a backup in the place of the site's database, pictures and secret key. "
        "Everything is checked before anything is touched; what was there is moved "
        "aside. The site must be stopped."
    )
    # A database that is broken or not there yet is why one restores.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", help="a backup that `manage.py backup` wrote")

    def handle(self, *args, **options):
        try:
            manifest, aside = backups.restore(options["file"], self.stdout.write)
        except swaps.HalfDoneError as error:
            raise CommandError(str(error)) from error
        except (backups.BackupError, OSError) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        if aside.exists():
            self.stdout.write(f"What was there before is in {aside}.")
        self.stdout.write(
            f"Restored: the site of {manifest['made_at'][:16].replace('T', ' ')} UTC. "
            "Start it as usual."
        )
