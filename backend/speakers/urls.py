"""Addresses of spoken prompts and consents; speakers are with their clips."""

from django.urls import path

from backend.speakers import api, prompt_audio_api

urlpatterns = [
    path("prompts/<uuid:prompt_id>/audio", prompt_audio_api.PromptAudioView.as_view()),
    path(
        "prompts/<uuid:prompt_id>/audio/uploaded",
        prompt_audio_api.PromptAudioUploadedView.as_view(),
    ),
    path("consents/<uuid:consent_id>", api.ConsentView.as_view()),
    path("consents/<uuid:consent_id>/uploaded", api.ConsentUploadedView.as_view()),
]
