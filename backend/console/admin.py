"""Lead the admin's sign-in to the console's, where tries are counted."""

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


def sign_in_at_console(
    request: HttpRequest, extra_context: dict[str, object] | None = None
) -> HttpResponse:
    """Send a stranger to the console's sign-in; somebody without the right is refused."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


# The admin's own form would let passwords be guessed without a count.
admin.site.login = sign_in_at_console  # type: ignore[method-assign] # a site's hook
admin.site.site_header = "Fieldvoice"
admin.site.site_title = "Fieldvoice"
