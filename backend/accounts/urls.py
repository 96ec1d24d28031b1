"""Addresses of enrolment."""

from django.urls import path

from backend.accounts import api

urlpatterns = [
    path("devices/enrol", api.EnrolView.as_view()),
    path("devices/self", api.SelfDeviceView.as_view()),
]
