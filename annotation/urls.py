"""Addresses of annotation; two are outside /v1/, for they stand in vendors' systems."""

from django.urls import path

from annotation.api import HookView, RouteAudioView, VendorsView

urlpatterns = [
    path("ls-audio/<str:route>", RouteAudioView.as_view(), name="route-audio"),
    path("hooks/ls/<str:instance>", HookView.as_view(), name="label-studio-hook"),
    path("v1/vendors", VendorsView.as_view(), name="vendors"),
]
