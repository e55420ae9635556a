"""A script as a YAML file, for servers that are started from the command line: a list of replies, and what goes wrong.

- Hello
- tool_call: {name: get_weather, arguments: {city: Paris}}
- {text: [Sun, ny], usage: {input: 7, output: 5}}
- when: {input: weather}
  say: It rains.
- fail: 429
- fail: {cut: {after: 3}}
- otherwise: I have nothing to say.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fakemodel.api import faults
from fakemodel.api.fake_openai import FakeOpenAI
from fakemodel.errors import ReplyInvalid
from fakemodel.files import content_of
from fakemodel.guards import when
from fakemodel.parts import reasoning, refusal, text, tool_call, usage
from fakemodel.reply import Reply

__all__ = ["read_script"]

PARTS: Mapping[str, Callable[..., Any]] = {
    "reasoning": reasoning,
    "refusal": refusal,
    "text": text,
    "tool_call": tool_call,
}
"""What a reply is made of."""

FAULTS: Mapping[str, Callable[..., Any]] = {name: getattr(faults, name) for name in faults.__all__ if name != "Fault"}

SETTINGS = ("id", "model", "status", "reason", "error", "unchecked")
"""What a reply says beside its parts."""


def read_script(path: Path, api: FakeOpenAI) -> None:
    """Give a server the script of a file. Raises ReplyInvalid, which names the file and the entry."""
    import yaml

    try:
        entries = yaml.load(content_of(path).decode("utf-8-sig"), _loader())
    except (OSError, RecursionError, ValueError, yaml.YAMLError) as error:
        raise ReplyInvalid(f"{path} cannot be read: {error}") from None
    if not isinstance(entries, list):
        raise ReplyInvalid(f"{path}: a script is a list of replies, not {entries!r}.")
    for number, entry in enumerate(entries, 1):
        try:
            _add(entry, api)
        except RecursionError:
            raise ReplyInvalid(f"{path}, entry {number}: it holds itself.") from None
        except (TypeError, ValueError) as error:
            raise ReplyInvalid(f"{path}, entry {number}: {error}") from None


@functools.cache
def _loader() -> Any:
    """YAML whose numbers, booleans and null are those of JSON: `No`, `12:30` and dates are the texts they look like."""
    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers = {"<": yaml.SafeLoader.yaml_implicit_resolvers["<"]}  # noqa: RUF012  # so PyYAML has it

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = [self.construct_object(key) for key, _ in node.value]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise yaml.constructor.ConstructorError(None, None, f"{twice!r} is told twice", node.start_mark)
            return super().construct_mapping(node, deep)

    for tag, (pattern, first) in SCALARS.items():
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern})$"), list(first))
    return Loader


SCALARS = {
    "null": ("null|~|", ("n", "~", "")),
    "bool": ("true|false", "tf"),
    "int": ("-?(?:0|[1-9][0-9]*)", "-0123456789"),
    "float": (r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", "-0123456789"),
}
"""What is no text, and what it begins with: what is looked at first comes first."""


def _add(entry: object, api: FakeOpenAI) -> None:
    kind = next((name for name in ADDING if isinstance(entry, dict) and name in entry), None)
    if kind is None:
        api.say(_reply(entry))
    else:
        assert isinstance(entry, dict)
        ADDING[kind](entry, api)


def _add_fault(entry: dict[str, Any], api: FakeOpenAI) -> None:
    _only(entry, "fail", "when", "times")
    options = {name: value for name, value in entry.items() if name != "fail"}
    if "when" in entry:
        options["when"] = _made(when, entry["when"])
    api.fail(_fault(entry["fail"]), **options)


def _add_chaos(entry: dict[str, Any], api: FakeOpenAI) -> None:
    _only(entry, "chaos")
    _made(api.chaos, entry["chaos"])


def _add_default(entry: dict[str, Any], api: FakeOpenAI) -> None:
    _only(entry, "otherwise")
    api.otherwise(_reply(entry["otherwise"]))


def _add_guarded(entry: dict[str, Any], api: FakeOpenAI) -> None:
    _only(entry, "when", "say")
    api.say(_made(when, entry["when"]).say(_reply(entry.get("say"))))


ADDING: Mapping[str, Callable[[dict[str, Any], FakeOpenAI], None]] = {
    "fail": _add_fault,
    "chaos": _add_chaos,
    "otherwise": _add_default,
    "when": _add_guarded,
}
"""What an entry may be beside a reply, by the member that tells."""


def _reply(said: object) -> Reply:
    if not isinstance(said, dict):
        return Reply(*_parts(said))
    _only(said, "say", "usage", *PARTS, *SETTINGS)
    settings: dict[str, Any] = {name: said[name] for name in SETTINGS if name in said}
    if "usage" in said:
        settings["usage"] = _made(usage, said["usage"])
    if type(said.get("unchecked", False)) is not bool:  # `no` is a text here, which Python takes for true
        raise ReplyInvalid(f"unchecked: {said['unchecked']!r}: expected is true or false.")
    own = {name: value for name, value in said.items() if name in PARTS}
    if own and "say" in said:
        raise ReplyInvalid(f"{next(iter(own))!r} stands beside 'say': put it into the list of 'say'.")
    return Reply(*(_parts(said["say"]) if "say" in said else _parts(own)), **settings)


def _parts(said: object) -> list[Any]:
    if isinstance(said, list):
        return [part for each in said for part in _parts(each)]
    if isinstance(said, str):
        return [text(said)]
    if not isinstance(said, dict):
        raise ReplyInvalid(f"{said!r} is no reply, nor a part of one: expected is a text, or {', '.join(PARTS)}.")
    _only(said, *PARTS)
    return [_made(PARTS[name], value) for name, value in said.items()]


def _made(make: Callable[..., Any], value: Any) -> Any:
    """A part, or a fault: of named members, of several, or of one."""
    if isinstance(value, dict):
        return make(**value)
    return make(*value) if isinstance(value, list) else make(value)


def _fault(told: object) -> Any:
    if not isinstance(told, dict | str):
        return told
    named = {told: {}} if isinstance(told, str) else told
    if len(named) != 1 or not named.keys() <= FAULTS.keys():
        raise ReplyInvalid(f"fail: {told!r}: expected is a status, or one of {', '.join(FAULTS)}.")
    ((name, options),) = named.items()
    return _made(FAULTS[name], {} if options is None else options)


def _only(entry: dict[Any, Any], *known: str) -> None:
    unknown = [key for key in entry if key not in known]
    if unknown:
        raise ReplyInvalid(f"{unknown[0]!r} is not known here; expected are {', '.join(sorted(known))}.")
