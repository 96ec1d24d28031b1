"""Addresses of campaigns, prompts import, enrolment codes and coverage."""

from django.urls import path

from backend.coverage import api, campaign_api

urlpatterns = [
    path("campaigns", campaign_api.CampaignsView.as_view()),
    path("campaigns/<slug:slug>", campaign_api.CampaignView.as_view()),
    path("campaigns/<slug:slug>/prompts/import", api.PromptImportView.as_view()),
    path("campaigns/<slug:slug>/enrolment-codes", api.EnrolmentCodesView.as_view()),
    path("campaigns/<slug:slug>/coverage", api.CoverageView.as_view()),
]
