"""Who may come in, and permissions from roles that are valid today."""

from django.contrib.auth.backends import ModelBackend

from people import attempts, roles
from people.models import User


class RoleBackend(ModelBackend):
    """Django's own sign-in; permissions come from `people.roles.PERMISSIONS`.

    Nothing is stored per user, so a cover teacher's rights end with the last
    day of the membership and the next request.
    """

    def authenticate(self, request, username=None, password=None, **kwargs):
        """Check a password, slowly if many were wrong (`attempts.Wait`).

        Here and not in a form: whoever adds a door cannot forget it.
        """
        name = username and User.normalize_username(username)
        if not name or password is None:
            return None
        attempt = attempts.begin(request, name)
        person = super().authenticate(request, username=name, password=password)
        if person is not None:
            attempt.was_right()
        return person

    def get_user_permissions(self, user_obj, obj=None):
        return set()

    def get_group_permissions(self, user_obj, obj=None):
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return set().union(*(roles.PERMISSIONS[role] for role in user_obj.roles))
