from django.http import HttpResponse
from django.urls import path

from lessons.models import RenderedBody
from tests.floor.models import Draft


def page(request):
    """Send the stored, compressed body to whoever is signed in."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    stored = RenderedBody.objects.get(lesson__slug="stalins-terror")
    return HttpResponse(stored.deflated, content_type="text/html")


def save(request):
    """Store what was posted, for whoever is signed in, with one update."""
    if not request.user.is_authenticated:
        return HttpResponse(status=403)
    Draft.objects.filter(pk=request.user.pk).update(text=request.body.decode())
    return HttpResponse("saved")


urlpatterns = [path("page", page), path("save", save)]
