"""Addresses of the phone client's files; the bare address leads to them."""

from django.urls import path

from backend.console import phone_client

urlpatterns = [
    path("", phone_client.to_phone_client),
    path("app/", phone_client.serve_page),
    path("app/index.html", phone_client.serve_page),
    path("app/sw.js", phone_client.serve_worker),
    path("app/v/<str:version>/<path:path>", phone_client.serve_file_of_version),
    path("app/<path:path>", phone_client.serve_file),
]
