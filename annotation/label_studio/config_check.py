"""Check a labelling configuration with the vendor's own reader before any server sees it."""

from typing import Any

from label_studio_sdk.label_interface.interface import LabelInterface

from annotation.label_studio.errors import Refused


def require_sound_config(config: str) -> None:
    """Raise Refused(400) naming the fault of a configuration that no project could use.

    The server's own check finds the same, but only where a server is reachable; an operator's
    configuration should be refused before an instance is touched.
    """
    reader: Any = LabelInterface
    try:
        reader(config).validate()
    # The SDK raises its own, lxml's and pydantic's errors for one and the same thing: a bad text.
    except Exception as error:
        raise Refused(400, str(error).splitlines()[0][:300] if str(error) else "") from error
