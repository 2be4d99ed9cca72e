"""A roster from the command line: the letter, and with `--apply` what it says."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from people import enrolling, roster


class Command(BaseCommand):
    help = (
        "Reads a list of students (CSV or Excel) and says what it would change. "
        "Nothing changes without --apply, and then all of it or nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="do what it says")
        parser.add_argument(
            "--only",
            default="",
            metavar="LETTERS",
            help="take only classes with these letters in their name, such as Hi",
        )
        parser.add_argument(
            "--exam-year",
            type=int,
            metavar="YEAR",
            help="the exam year of classes that tell none",
        )
        parser.add_argument(
            "--choose",
            action="append",
            default=[],
            metavar="LINE=CHOICE",
            help="settle a doubt, such as 6=new or 7=nfletcher28; may be repeated",
        )

    def handle(self, *args, **options):
        choices = dict(text.partition("=")[::2] for text in options["choose"])
        try:
            upload = enrolling.read(
                options["file"].name,
                options["file"].read_bytes(),
                enrolling.Options(options["only"], options["exam_year"], choices),
            )
        except OSError as error:
            raise CommandError(f"The file cannot be opened: {error}") from error
        except roster.FileError as error:
            raise CommandError(
                enrolling.Outcome(options["file"].name, fault=str(error)).letter
            ) from error
        if not options["apply"]:
            self.stdout.write(enrolling.dry_run(upload).letter)
            return
        outcome = enrolling.carry_out(upload)
        self.stdout.write(outcome.letter)
        if outcome.plan.open_doubts:
            raise CommandError("Settle the doubts first, with --choose LINE=CHOICE.")
        if outcome.plan.says_something and not outcome.is_applied:
            raise CommandError("Somebody changed the lists meanwhile. Run it again.")
