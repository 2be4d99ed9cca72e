"""Permissions from roles that are valid today."""

from django.contrib.auth.backends import ModelBackend

from people import roles


class RoleBackend(ModelBackend):
    """Django's own sign-in; permissions come from `people.roles.PERMISSIONS`.

    Nothing is stored per user, so a cover teacher's rights end with the last
    day of the membership and the next request.
    """

    def get_user_permissions(self, user_obj, obj=None):
        return set()

    def get_group_permissions(self, user_obj, obj=None):
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return set().union(*(roles.PERMISSIONS[role] for role in user_obj.roles))
