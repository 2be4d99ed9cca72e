"""Sessions in the database that know whose they are.

One query reads session and person together: a third of what a page or a save
costs is finding out who asks.
"""

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user,
)
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from people.models import Session, User

_SESSION_AND_PERSON = f"""
    SELECT person.*, session.session_data
    FROM {Session._meta.db_table} session
    JOIN {User._meta.db_table} person ON person.id = session.person_id
    WHERE session.session_key = %s AND session.expire_date > %s
"""  # noqa: S608 (only table names are filled in)


class SessionStore(db.SessionStore):
    # Set when the session is read; None for a session without a sign-in.
    person = None

    @classmethod
    def get_model_class(cls):
        return Session

    def load(self):
        """Return the session's data and remember its person.

        Written out in SQL: building the same join anew from querysets takes ten
        times as long as running it, on every page and every save.
        """
        people = User.objects.raw(
            _SESSION_AND_PERSON,
            [
                self.session_key,
                connection.ops.adapt_datetimefield_value(timezone.now()),
            ],
        )
        for person in people:
            self.person = person
            return self.decode(person.session_data)
        return super().load()

    def save(self, must_create=False):
        """Save; a database that cannot write is not a session that is gone."""
        try:
            super().save(must_create)
        except UpdateError as gone:
            if isinstance(gone.__context__, InterfaceError | OperationalError):
                raise gone.__context__ from gone.__context__.__cause__
            raise

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.person_id = data.get(SESSION_KEY)
        return session


def signed_in_user(request):
    """Return the request's user, from the session's own query where that is sound.

    Sound means: the session names this person, the account is open, and the
    password is the one signed in with. Everything else is Django's decision.
    """
    session = request.session
    user_id = session.get(SESSION_KEY)
    person = session.person
    if (
        person is not None
        and user_id == str(person.pk)
        and person.is_active
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(
            session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()
        )
    ):
        return person
    return get_user(request)


class SignedInMiddleware(AuthenticationMiddleware):
    def process_request(self, request):
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: signed_in_user(request))
