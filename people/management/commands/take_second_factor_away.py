"""The way back in for staff who have lost phone and codes, when no page helps."""

from django.core.management.base import BaseCommand, CommandError

from people import factors
from people.models import User


class Command(BaseCommand):
    help = (
        "Takes the second factor off a staff account, which then signs in with its "
        "password alone. Make sure that it is its owner who asks."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, **options):
        user = User.objects.filter(
            username=User.normalize_username(options["username"]), is_staff=True
        ).first()
        if user is None:
            raise CommandError("There is no staff account of that username.")
        had = factors.take_away(user)
        self.stdout.write("Taken away." if had else "There was none.")
