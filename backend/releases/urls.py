"""Addresses of releases."""

from django.urls import path

from backend.releases import api

urlpatterns = [
    path("campaigns/<slug:slug>/releases", api.CampaignReleasesView.as_view()),
    path("campaigns/<slug:slug>/withdrawals.jsonl", api.WithdrawalsView.as_view()),
    path("releases/<uuid:release_id>", api.ReleaseView.as_view()),
    path("releases/<uuid:release_id>/files", api.ReleaseFilesView.as_view()),
    path("releases/<uuid:release_id>/cancel", api.ReleaseCancelView.as_view()),
    path("releases/<uuid:release_id>/gone", api.ReleaseGoneView.as_view()),
]
