"""Addresses of the console."""

from django.urls import path

from backend.console import acts, coverage, devices, imports, plan_page, review, rules, views

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
    path("campaigns/<slug:slug>/coverage", coverage.coverage, name="coverage"),
    path("campaigns/<slug:slug>/devices", devices.devices, name="devices"),
    path(
        "campaigns/<slug:slug>/devices/<uuid:device_id>/revoke",
        devices.revoke,
        name="revoke-device",
    ),
    path("campaigns/<slug:slug>/imports", imports.imports, name="imports"),
    path("campaigns/<slug:slug>/imports/live", imports.live, name="imports-live"),
    path("campaigns/<slug:slug>/review", review.review, name="review"),
    path("campaigns/<slug:slug>/review/<uuid:clip_id>", review.decide, name="decide"),
    path("campaigns/<slug:slug>/plan", plan_page.plan, name="plan"),
    path("campaigns/<slug:slug>/plan/live", plan_page.live, name="plan-live"),
    path("campaigns/<slug:slug>/rules", rules.rules, name="rules"),
    path("campaigns/<slug:slug>/rules/live", rules.live, name="rules-live"),
    path("clips/<uuid:clip_id>/hear", acts.hear, name="hear"),
]
