"""Addresses of the console."""

from django.urls import path

from backend.console import acts, views

app_name = "console"
urlpatterns = [
    path("", views.campaigns, name="campaigns"),
    path("sign-in", views.sign_in, name="sign-in"),
    path("sign-out", views.sign_out, name="sign-out"),
    path("campaigns/<slug:slug>", views.campaign, name="campaign"),
    path("campaigns/<slug:slug>/live", views.live, name="live"),
    path("campaigns/<slug:slug>/enrolment-codes", acts.issue_code, name="issue-code"),
    path("campaigns/<slug:slug>/releases", acts.build_release, name="build-release"),
    path("campaigns/<slug:slug>/jobs/<uuid:job_id>/retry", acts.retry, name="retry"),
    path("clips/<uuid:clip_id>/hear", acts.hear, name="hear"),
]
