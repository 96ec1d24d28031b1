"""Addresses of enrolment and of the phone itself."""

from django.urls import path

from backend.accounts import api
from backend.accounts.schema_api import SchemaView

urlpatterns = [
    path("openapi.yaml", SchemaView.as_view()),
    path("devices/enrol", api.EnrolView.as_view()),
    path("devices/self/reports", api.DeviceReportsView.as_view()),
    path("devices/self", api.SelfDeviceView.as_view()),
]
