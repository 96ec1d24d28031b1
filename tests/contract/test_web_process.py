"""The web process stays light: it loads every address of ours and none of the heavy libraries."""

import os
import subprocess
import sys

from tests.platforms import ROOT
from tests.services import Services

_LOAD = """
import sys
import backend.wsgi
from django.urls import get_resolver

def walk(patterns):
    for pattern in patterns:
        walk(getattr(pattern, "url_patterns", []))

walk(get_resolver().url_patterns)
heavy = {"av", "librosa", "soundfile", "soxr", "onnxruntime", "label_studio_sdk", "pyarrow"}
print(",".join(sorted(heavy & set(sys.modules))))
"""


def test_the_web_process_imports_no_audio_library_and_no_label_studio_sdk(
    services: Services,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOAD],
        cwd=ROOT,
        env={**os.environ, **services.environment(), "DJANGO_SETTINGS_MODULE": "backend.settings"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
