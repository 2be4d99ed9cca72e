"""The way back in for a school whose last site manager has gone."""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from people import audit, roles
from people.models import AuditEntry, Membership, User


class Command(BaseCommand):
    help = (
        "Makes a staff account a site manager from today on and opens it if it was "
        "closed. For the technician, when nobody can sign in as one any more."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *args, **options):
        user = User.objects.filter(
            username=User.normalize_username(options["username"]), is_staff=True
        ).first()
        if user is None:
            raise CommandError("There is no staff account of that username.")
        User.objects.filter(pk=user.pk).update(is_active=True)
        audit.record(AuditEntry.Action.ACCOUNT, user, detail="opened by command")
        Membership.objects.get_or_create(
            person=user,
            role=roles.SITE_MANAGER,
            group=None,
            from_date=timezone.localdate(),
            defaults={"until_date": None},
        )
        self.stdout.write(f"{user} is a site manager from today on.")
