"""The labelling configurations, versioned: a changed one is a new file and a new project.

Label Studio refuses to change a configuration while incompatible annotations exist, and an answer
means nothing without the form that it filled in.
"""

from pathlib import Path

CURRENT = {"transcription": 1}


def read_config(task_type: str, version: int) -> str:
    """The XML of one configuration; raises KeyError for a task type nobody wrote."""
    if task_type not in CURRENT:
        raise KeyError(task_type)
    path = Path(__file__).with_name(f"{task_type}_v{version}.xml")
    return path.read_text(encoding="utf-8")
