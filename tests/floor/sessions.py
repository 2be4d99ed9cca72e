from django.contrib.sessions.backends import db

from people.models import Session


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls):
        return Session
