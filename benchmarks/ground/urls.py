"""The platform's addresses and, under /bare/, the views that a claim is measured against."""

from django.urls import include, path

from benchmarks.ground import bare

urlpatterns = [
    path("bare/row/<uuid:clip_id>", bare.one_row),
    path("bare/row-and-head/<uuid:clip_id>", bare.one_row_and_head),
    path("", include("backend.urls")),
]
