"""Brings an earlier text of an answer back, when no page can."""

from django.core.management.base import BaseCommand, CommandError

from assessments import kept_texts
from assessments.models import Answer
from assessments.models.answers import MarkedAlreadyError
from people.models import User


class Command(BaseCommand):
    help = (
        "Brings a kept text back: its words become what stands, and what is handed in "
        "if the script is, as a new version. Nothing is deleted. The three values "
        "stand in the address of the text’s page: "
        "…/mark/SCRIPT/ORDER/texts/NUMBER/."
    )

    def add_arguments(self, parser):
        parser.add_argument("script", help="the script’s public id")
        parser.add_argument("order", type=int, help="which answer of it, from 1 on")
        parser.add_argument("number", type=int, help="which version, from 1 on")
        parser.add_argument(
            "--by",
            required=True,
            metavar="USERNAME",
            help="the member of staff who asks for it; written into the history",
        )

    def handle(self, *args, **options):
        by = User.objects.filter(
            username=User.normalize_username(options["by"]), is_staff=True
        ).first()
        if by is None:
            raise CommandError("There is no staff account of that username.")
        answers = Answer.objects.filter(script__public_id=options["script"])
        if not answers.exists():
            raise CommandError("There is no script of that public id.")
        answer = (
            answers.select_related(
                "script__student", "current__whole", "current_plan__whole"
            )
            .filter(order=options["order"])
            .first()
        )
        if answer is None:
            raise CommandError(f"That script has {answers.count()} answer(s), no more.")
        version = (
            answer.versions.select_related("whole")
            .filter(number=options["number"])
            .first()
        )
        if version is None:
            raise CommandError(
                f"That answer has versions from 1 to {answer.last_number}."
            )
        standing = answer.standing(version.part)
        if standing is not None and standing.text == version.text:
            self.stdout.write("That very text stands already. Nothing was changed.")
            return
        try:
            kept_texts.bring_back(answer, version, by)
        except MarkedAlreadyError:
            raise CommandError(
                "What was handed in has been marked, so no other text can stand in its "
                "place. The text itself is safe: it can be read in the history."
            ) from None
        answer.refresh_from_db()
        self.stdout.write(
            f"Version {version.number} ({version.words} words) stands again, as "
            f"version {answer.last_number}."
        )
