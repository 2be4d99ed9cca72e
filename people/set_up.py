"""A real school's first start: the one-time link and what it does."""

from django.core import signing
from django.db import transaction
from django.utils import timezone

from people import roles
from people.models import Membership, School, User

LINK_DAYS = 7
_SALT = "people.set-up"


def needs_set_up():
    """Whether nobody runs this site yet: no demonstration, no site manager."""
    school = School.objects.get_or_create(pk=1)[0]
    return school.needs_set_up and not User.objects.with_role(roles.SITE_MANAGER)


def make_token():
    """Return a token for the set-up link; it works once and for `LINK_DAYS`."""
    return signing.dumps("set up this school", salt=_SALT)


def check_token(token):
    """Raise `signing.BadSignature` for a forged, old or used link."""
    signing.loads(token, salt=_SALT, max_age=LINK_DAYS * 24 * 60 * 60)
    if not needs_set_up():
        raise signing.BadSignature("This school is set up already.")


@transaction.atomic
def finish(form):
    """Save the school and its first site manager; None if somebody was faster."""
    won = School.objects.filter(pk=1, set_up_at=None).update(set_up_at=timezone.now())
    if not won:
        return None
    school = form.save(commit=False)
    school.save(update_fields=[name for name in form.Meta.fields if name != "mail"])
    School.forget_current()
    manager = User.objects.create_user(
        form.cleaned_data["username"],
        password=form.cleaned_data["password1"],
        first_name=form.cleaned_data["first_name"],
        last_name=form.cleaned_data["last_name"],
        is_staff=True,
    )
    Membership.objects.create(person=manager, role=roles.SITE_MANAGER)
    return manager
