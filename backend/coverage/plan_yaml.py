"""Pure: a plan as YAML, read strictly: no surprises of types, no aliases, no doubled keys."""

import re
from collections.abc import Mapping
from typing import Any, Final

import yaml

from backend.coverage.plan_values import Fault, fault

_DEEPEST: Final = 20


class _Loader(yaml.SafeLoader):
    """Reads maps, lists, texts, whole and broken numbers, true, false and null.

    Of YAML 1.1's other guesses none is made: `no` is a text, so is a date, so is 010, and 1:30 is
    no number of seconds.
    """

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read keys as texts, so that a level may be called 1990; refuse a doubled one."""
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "A key must be a text.", key_node.start_mark
                )
            if key_node.value in found:
                message = f"{key_node.value} stands here twice."
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            found[key_node.value] = self.construct_object(value_node, deep=True)
        return found


for _tag, _pattern, _first in (
    ("bool", r"(?:true|false)\Z", "tf"),
    ("null", r"(?:~|null|)\Z", ["~", "n", ""]),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})\Z", "-0123456789"),
    ("float", r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}\Z", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def read_yaml(text: str) -> tuple[Any, list[Fault]]:
    """Return (what the text holds, faults by line); nothing with faults."""
    try:
        refused = _refused(text)
        if refused is not None:
            return None, [refused]
        # A loader of our own, on top of the safe one: it makes plain values only.
        return yaml.load(text, Loader=_Loader), []  # noqa: S506 - see above
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return None, [_at(mark, str(error.problem or error.context or "No YAML."))]
    except (yaml.YAMLError, ValueError):
        return None, [fault("line 1", "This is no YAML.")]


def _refused(text: str) -> Fault | None:
    """Say what makes a small file a long one to read: aliases, and depth."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            return _at(event.start_mark, "Aliases are not taken.")
        if depth > _DEEPEST:
            return _at(event.start_mark, "It is nested too deeply.")
    return None


def _at(mark: Any, message: str) -> Fault:
    return fault(f"line {mark.line + 1}" if mark is not None else "line 1", message)


def write_yaml(document: Mapping[str, Any]) -> str:
    """Return a document as YAML that reads back the same."""
    text: str = yaml.safe_dump(
        dict(document), sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )
    return text
