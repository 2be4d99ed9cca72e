"""Sessions in the database that know whose they are.

One query reads session and person together: a third of what a page or a save
costs is finding out who asks.

A session ends with the browser, after some time without work and, whatever happens,
after some hours (reliability guide 5.3, G55). The server decides: a browser that
restores its cookies changes nothing. When the clock is set meanwhile, hours that have
not passed end nothing (G7).
"""

import datetime
import time

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
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from people.clock import CLOCK
from people.models import Session, User

_SESSION_AND_PERSON = f"""
    SELECT person.*, session.session_data, session.began AS session_began,
        session.seen AS session_seen
    FROM {Session._meta.db_table} session
    JOIN {User._meta.db_table} person ON person.id = session.person_id
    WHERE session.session_key = %s AND session.expire_date > %s
"""  # noqa: S608 (only table names are filled in)


# How exactly the last use is known: each more exact second would be a write.
SEEN_EVERY = 60
# A teacher's exports, codes and releases ask for a password younger than this.
FRESH_SECONDS = 15 * 60
# What a page does by itself while nobody is there.
BY_THEMSELVES = {"assessments:desk-sign", "staff:writing-now"}


def is_over(age, idle, is_staff):
    """Whether a session of these seconds has lasted, or lain idle, too long."""
    most = settings.IDLE_MINUTES_STAFF if is_staff else settings.IDLE_MINUTES_STUDENTS
    return idle > most * 60 or age > settings.SESSION_HOURS * 3600


def is_over_by_now(began, seen, is_staff):
    """The same of what was stamped, asked twice: the clock may be set this moment."""
    if not is_over(CLOCK.since(began), CLOCK.since(seen), is_staff):
        return False
    CLOCK.look()
    return is_over(CLOCK.since(began), CLOCK.since(seen), is_staff)


class SessionStore(db.SessionStore):
    # Set when the session is read; None for a session without a sign-in.
    person = None
    began = seen = None

    @classmethod
    def get_model_class(cls):
        return Session

    def load(self):
        """Return the session's data and remember its person.

        Written out in SQL: building the same join anew from querysets takes ten
        times as long as running it, on every page and every save.
        """
        # A clock that was set forward has brought no session nearer to its end.
        now = datetime.datetime.fromtimestamp(CLOCK.now() - CLOCK.ahead, datetime.UTC)
        people = User.objects.raw(
            _SESSION_AND_PERSON,
            [self.session_key, connection.ops.adapt_datetimefield_value(now)],
        )
        for person in people:
            began, seen = person.session_began, person.session_seen
            if is_over_by_now(began, seen, person.is_staff):
                self.delete(self.session_key)
                self._session_key = None
                return {}
            self.person, self.began, self.seen = person, began, seen
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
        if self.began is not None:
            session.began = self.began
        return session

    def cycle_key(self):
        # A new sign-in, or a new password: its time begins now.
        self.began = None
        super().cycle_key()

    def is_fresh(self):
        """Whether the password was typed a moment ago."""
        typed = max(self.get("password_typed", 0), self.began or int(time.time()))
        return CLOCK.since(typed) < FRESH_SECONDS

    def note_password(self):
        self["password_typed"] = int(time.time())

    def note_use(self):
        """Write down that somebody is there, once a minute at most."""
        now = int(CLOCK.now())
        # Also where it was written by a clock that was ahead.
        if self.seen is not None and abs(now - self.seen) >= SEEN_EVERY:
            Session.objects.filter(pk=self.session_key).update(seen=now)
            self.seen = now


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

    def process_view(self, request, view, args, kwargs):
        """Count a page or a save as use; not what a page asks for by itself.

        Nor a public page: health has to answer while the database is away.
        """
        is_use = request.resolver_match.view_name not in BY_THEMSELVES
        is_private = getattr(view, "login_required", True)
        if is_private and is_use and request.user.is_authenticated:
            request.session.note_use()
