"""A policy as one text: read from files, laid over one another, checked, written out whole.

What travels and what is kept is always the whole text, and a digest says which: nobody needs a second file to know what was in
force.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from models.country import complete, lay_over
from models.policy import PolicyError
from models.policy_records import POLICY_TEXT_MAX
from models.rulebook import Rulebook, build_rulebook
from stream.settings import Settings, SettingsError, read_toml

_FOLDERS: Final = ("detectors", "lookalikes")


class Policy(NamedTuple):
    """A policy ready to judge by. number: on its topic, 0 if it came from a file."""

    text: str
    digest: str
    rulebook: Rulebook
    number: int = 0

    @property
    def version(self) -> str:
        """Return the version that alerts are stamped with."""
        return self.rulebook.version


def digest_of(text: str) -> str:
    """Return the SHA-256 of a policy's text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def policy_of(text: str, number: int = 0) -> Policy:
    """Return the policy of a text. Errors: PolicyError with every problem found."""
    if len(text) > POLICY_TEXT_MAX:
        raise PolicyError([f"the policy is longer than {POLICY_TEXT_MAX} characters"])
    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError([f"this is no TOML: {error}"]) from error
    return Policy(text, digest_of(text), build_rulebook(parsed), number)


def policy_text(settings: Settings, file: str | None = None) -> str:
    """Return the whole text of a policy file as the settings complete it: the country's pack below it and the overlay above.

    file: instead of the settings' own. What the file holds already, as one written by `goldenhour policy show` does, is not laid on
    again: a pack where it says of itself which country it is for, an overlay whose version is part of its own.
    Errors: SettingsError naming the file.
    """
    path = file or settings.policy_file
    policy = read_toml(path)
    whole = policy
    if "country" not in policy:
        whole = complete(policy, read_toml(str(Path(settings.countries_folder) / f"{settings.country}.toml")))
    if settings.policy_overlay_file:
        overlay = read_toml(settings.policy_overlay_file)
        if overlay.get("version") not in str(policy.get("version")).split("+"):
            whole = lay_over(whole, overlay)
    return Path(path).read_text("utf-8") if whole is policy else rendered(whole)


def read_policy(settings: Settings) -> Policy:
    """Return the policy of the settings' files; names of isolated detectors must exist.

    Errors: PolicyError, SettingsError.
    """
    policy = policy_of(policy_text(settings))
    refuse_unknown(settings.isolated, policy.rulebook)
    return policy


def refuse_unknown(isolated: Iterable[str], rulebook: Rulebook) -> None:
    """Raise SettingsError if a detector that may fail is none of this program's."""
    unknown = set(isolated) - {detector.name for detector in rulebook.detectors}
    if unknown:
        raise SettingsError([f"isolate: no detector is named {name}" for name in sorted(unknown)])


def rendered(policy: Mapping[str, Any]) -> str:
    """Return a parsed policy as text: the same values give the same text, whatever files they came from.

    >>> rendered({"version": "a", "bounds": {"lateness_s": {"value": 600, "reason": "ours"}}})
    'version = "a"\\n\\n[bounds]\\nlateness_s = { value = 600, reason = "ours" }\\n'
    """
    parts = [f"version = {_word(policy.get('version', ''))}\n"]
    for name, section in policy.items():
        if name == "version":
            continue
        if name in _FOLDERS and isinstance(section, Mapping):
            parts += [_section(f"{name}.{inner}", values) for inner, values in section.items()]
        else:
            parts.append(_section(name, section))
    return "\n".join(parts)


def _section(name: str, values: Any) -> str:
    if not isinstance(values, Mapping):
        raise PolicyError([f"[{name}] must be a table of values"])
    return f"[{name}]\n" + "".join(f"{key} = {_word(value)}\n" for key, value in values.items())


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_word(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_word, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
