"""A labelling configuration that no project could use is refused before a server sees it."""

import pytest

from annotation.label_studio.config_check import require_sound_config
from annotation.label_studio.configs import CURRENT, read_config
from annotation.label_studio.errors import Refused


@pytest.mark.parametrize("task_type", CURRENT)
def test_our_own_configurations_are_sound(task_type: str) -> None:
    require_sound_config(read_config(task_type, CURRENT[task_type]))


@pytest.mark.parametrize(
    "config",
    [
        "",
        "not xml",
        "<View>",
        '<View><Audio name="audio" value="$audio"/>'
        '<Choices name="c" toName="nothing"><Choice value="a"/></Choices></View>',
    ],
)
def test_a_faulty_configuration_is_refused(config: str) -> None:
    with pytest.raises(Refused):
        require_sound_config(config)
