"""Addresses of review and of the quality profile."""

from django.urls import path

from backend.quality import api

urlpatterns = [
    path("clips/<uuid:clip_id>/review", api.ClipReviewView.as_view()),
    path("campaigns/<slug:slug>/profile", api.ProfileView.as_view()),
]
