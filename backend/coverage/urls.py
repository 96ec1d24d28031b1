"""Addresses of campaigns, packs, prompts, enrolment codes, coverage and its promises to phones."""

from django.urls import path

from backend.coverage import (
    api,
    campaign_api,
    coverage_api,
    field_api,
    holds_api,
    pack_api,
    plan_api,
    steering_api,
)

urlpatterns = [
    path("campaigns", campaign_api.CampaignsView.as_view()),
    path("campaigns/<slug:slug>", campaign_api.CampaignView.as_view()),
    path("campaigns/<slug:slug>/pack", pack_api.PackView.as_view()),
    path("campaigns/<slug:slug>/prompts/import", api.PromptImportView.as_view()),
    path("campaigns/<slug:slug>/enrolment-codes", api.EnrolmentCodesView.as_view()),
    path("campaigns/<slug:slug>/targets", plan_api.TargetsView.as_view()),
    path("campaigns/<slug:slug>/targets/versions", plan_api.TargetVersionsView.as_view()),
    path("campaigns/<slug:slug>/targets/preview", plan_api.TargetsPreviewView.as_view()),
    path("campaigns/<slug:slug>/coverage", coverage_api.CoverageView.as_view()),
    path("campaigns/<slug:slug>/steering", steering_api.SteeringView.as_view()),
    path("campaigns/<slug:slug>/plan/collectors", field_api.CollectorPlansView.as_view()),
    path("campaigns/<slug:slug>/silent-phones", field_api.SilentPhonesView.as_view()),
    path("campaigns/<slug:slug>/eligibility", holds_api.EligibilityView.as_view()),
    path("campaigns/<slug:slug>/leases", holds_api.LeasesView.as_view()),
]
