"""Addresses of campaigns, prompts import, enrolment codes, coverage and its promises to phones."""

from django.urls import path

from backend.coverage import api, campaign_api, holds_api

urlpatterns = [
    path("campaigns", campaign_api.CampaignsView.as_view()),
    path("campaigns/<slug:slug>", campaign_api.CampaignView.as_view()),
    path("campaigns/<slug:slug>/prompts/import", api.PromptImportView.as_view()),
    path("campaigns/<slug:slug>/enrolment-codes", api.EnrolmentCodesView.as_view()),
    path("campaigns/<slug:slug>/coverage", api.CoverageView.as_view()),
    path("campaigns/<slug:slug>/eligibility", holds_api.EligibilityView.as_view()),
    path("campaigns/<slug:slug>/leases", holds_api.LeasesView.as_view()),
]
