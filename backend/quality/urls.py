"""Addresses of review, of the list of clips and of the quality profile."""

from django.urls import path

from backend.quality import api, clips_api, profile_api

urlpatterns = [
    path("clips/<uuid:clip_id>/review", api.ClipReviewView.as_view()),
    path("campaigns/<slug:slug>/clips", clips_api.ClipListView.as_view()),
    path("campaigns/<slug:slug>/profile", profile_api.ProfileView.as_view()),
    path("campaigns/<slug:slug>/profile/preview", profile_api.ProfilePreviewView.as_view()),
]
