"""The platform's settings with the benchmarks' bare views beside its own addresses."""

from backend.settings import *  # noqa: F403 - every setting is the platform's own, but one

ROOT_URLCONF = "benchmarks.ground.urls"
