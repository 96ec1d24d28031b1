"""Addresses of sessions, prompts to record, clips and their speakers, and of a phone's news."""

from django.urls import path

from backend.clips import api, batch_api, changes_api, day_api, speaker_api

urlpatterns = [
    path("campaigns/<slug:slug>/prompts", api.NextPromptsView.as_view()),
    path("campaigns/<slug:slug>/plan/today", day_api.PlanOfTodayView.as_view()),
    path("prompts/<uuid:prompt_id>/reports", day_api.PromptReportsView.as_view()),
    path("sessions/<uuid:session_id>", api.SessionView.as_view()),
    path("speakers/<uuid:speaker_id>", speaker_api.CorrectableSpeakerView.as_view()),
    path("speakers/<uuid:speaker_id>/withdraw", api.SpeakerWithdrawView.as_view()),
    path("changes", changes_api.ChangesView.as_view()),
    path("clips/batch", batch_api.ClipBatchView.as_view()),
    path("clips/uploaded", batch_api.ClipsUploadedView.as_view()),
    path("clips/<uuid:clip_id>", api.ClipView.as_view()),
    path("clips/<uuid:clip_id>/uploaded", api.ClipUploadedView.as_view()),
    path("clips/<uuid:clip_id>/withdraw", api.ClipWithdrawView.as_view()),
]
