"""Addresses of enrolment."""

from django.urls import path

from backend.accounts import api
from backend.accounts.schema_api import SchemaView

urlpatterns = [
    path("openapi.yaml", SchemaView.as_view()),
    path("devices/enrol", api.EnrolView.as_view()),
    path("devices/self", api.SelfDeviceView.as_view()),
]
