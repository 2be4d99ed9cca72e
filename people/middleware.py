"""The school around each request: its time zone and its name."""

from django.utils import timezone

from people.models import School


class SchoolMiddleware:
    """Show every time in the school's own zone."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # Health is asked when the database may be away.
        if request.path.startswith("/health/"):
            return self.get_response(request)
        request.school = School.current()
        with timezone.override(request.school.time_zone):
            return self.get_response(request)


def school(request):
    """Context processor: `school` on every page, error pages included."""
    return {"school": getattr(request, "school", None)}
