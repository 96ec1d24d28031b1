"""All addresses: the API under /v1/, health, and the pages."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from backend import health
from backend.coverage.proof_metrics import tell_proofs

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.live),
    path("readyz", health.ready),
    path("metrics", health.metrics, {"also": [tell_proofs]}),
    path("admin/", admin.site.urls),
    path("v1/", include("backend.accounts.urls")),
    path("v1/", include("backend.speakers.urls")),
    path("v1/", include("backend.coverage.urls")),
    path("v1/", include("backend.clips.urls")),
    path("v1/", include("backend.imports.urls")),
    path("v1/", include("backend.quality.urls")),
    path("v1/", include("backend.releases.urls")),
    path("", include("annotation.urls")),
    path("console/", include("backend.console.urls")),
    path("", include("backend.console.phone_urls")),
]

handler400 = "backend.problems.bad_request_view"
handler404 = "backend.problems.not_found_view"
handler500 = "backend.problems.unexpected_view"
