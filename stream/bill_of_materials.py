"""What the product is made of: every package of the lock file with version, hashes and licence, as a CycloneDX 1.6 document.

The lock file says which packages, their own installed metadata say the licences; what these leave open stands in
`deploy/licences.toml`. The same lock file and packages give the same bytes: no time and no random serial number.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any, Final, NamedTuple

_PACKAGE = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"^\s+--hash=sha256:([0-9a-f]{64})")
_CLASSIFIERS: Final = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
_WORDS: Final = re.compile(r"\s+(?:AND|OR|WITH)\s+|[()]")
_NAMESPACE: Final = uuid.UUID("6f6c9a4e-5d7e-5b7c-9a53-6d1f5b0f3c11")  # ours: the same content gives the same serial number


class Locked(NamedTuple):
    """A package of the lock file. marker: where it is installed, "" for everywhere. sha256: of the files it may come as."""

    name: str
    version: str
    marker: str
    sha256: tuple[str, ...]


class Licences(NamedTuple):
    """deploy/licences.toml: what is allowed; what packages' metadata leave open; packages that are installed elsewhere only."""

    allowed: frozenset[str]
    stated: Mapping[str, str]
    elsewhere: Mapping[str, str]


Metadata = Callable[[str], Any]
"""Returns the metadata of an installed package. Errors: `importlib.metadata.PackageNotFoundError`."""


def read_lock(text: str) -> list[Locked]:
    """Return the packages of a lock file in its order.

    >>> read_lock("a==1 ; sys_platform == 'win32' \\\\\\n    --hash=sha256:" + "0" * 64)[0].marker
    "sys_platform == 'win32'"
    """
    found: list[Locked] = []
    for line in text.splitlines():
        if package := _PACKAGE.match(line):
            found.append(Locked(package[1], package[2], package[3] or "", ()))
        elif found and (digest := _HASH.match(line)):
            found[-1] = found[-1]._replace(sha256=(*found[-1].sha256, digest[1]))
    return found


def licences_from(raw: Mapping[str, Any]) -> Licences:
    """Return the parsed licences.toml."""
    return Licences(frozenset(raw["allowed"]), raw["stated"], raw["elsewhere"])


def licence_of(name: str, licences: Licences, read: Metadata = metadata.metadata) -> str:
    """Return the SPDX expression of a package, "" if nothing says it. What its metadata say in SPDX counts first."""
    try:
        said = read(name)
    except metadata.PackageNotFoundError:
        return licences.elsewhere.get(name, "")
    if expression := said.get("License-Expression"):
        return str(expression)
    if name in licences.stated:
        return licences.stated[name]
    if (short := str(said.get("License") or "")) in licences.allowed:
        return short
    known = {_CLASSIFIERS[line] for line in said.get_all("Classifier") or () if line in _CLASSIFIERS}
    return " AND ".join(sorted(known))


def licence_problems(packages: list[Locked], licences: Licences, read: Metadata = metadata.metadata) -> list[str]:
    """Return a sentence for each package whose licence is unknown or not allowed; of a choice, one allowed licence is enough."""
    problems = []
    for package in packages:
        expression = licence_of(package.name, licences, read)
        if not expression:
            if package.name not in licences.elsewhere:
                problems.append(f"{package.name} {package.version}: no licence is known; state it in deploy/licences.toml")
        elif not _is_allowed(expression, licences.allowed):
            problems.append(f"{package.name} {package.version}: {expression} is not among the allowed licences")
    return problems


def _is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    names = {name.strip() for name in _WORDS.split(expression) if name.strip()}
    if " AND " in expression or " WITH " in expression:
        return names <= allowed
    return bool(names & allowed)


def bill_of(packages: list[Locked], licences: Licences, version: str, read: Metadata = metadata.metadata) -> dict[str, Any]:
    """Return the CycloneDX document. version: the product's."""
    components = [_component(package, licence_of(package.name, licences, read)) for package in packages]
    serial = uuid.uuid5(_NAMESPACE, repr((version, components)))
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "goldenhour",
                "name": "goldenhour",
                "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
    }


def _component(package: Locked, expression: str) -> dict[str, Any]:
    url = f"pkg:pypi/{package.name}@{package.version}"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": url,
        "name": package.name,
        "version": package.version,
        "purl": url,
    }
    if expression:
        found["licenses"] = [{"expression": expression}]
    # A hash in CycloneDX is of one file; the lock allows several, so they stand as properties.
    found["properties"] = [{"name": "goldenhour:lock:sha256", "value": digest} for digest in package.sha256]
    if package.marker:
        found["properties"].append({"name": "goldenhour:lock:marker", "value": package.marker})
    return found


def licence_lines(packages: list[Locked], licences: Licences, read: Metadata = metadata.metadata) -> list[str]:
    """Return one line per package: name, version, licence."""
    return [
        f"{package.name:<28} {package.version:<16} {licence_of(package.name, licences, read) or 'not seen'}" for package in packages
    ]
