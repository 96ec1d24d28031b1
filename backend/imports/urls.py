"""Addresses of rescued copies."""

from django.urls import path

from backend.imports import api

urlpatterns = [
    path("imports", api.ImportsView.as_view()),
    path("imports/<uuid:import_id>", api.ImportView.as_view()),
    path("imports/<uuid:import_id>/uploaded", api.ImportUploadedView.as_view()),
]
