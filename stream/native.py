"""The compiled form of the hot modules: which they are, where they are kept, and how a process comes to use them.

mypyc compiles typed Python as it stands; the modules named here then run about twice as fast, with the same results byte for byte
(tests/parity/test_native_equals_plain.py). In a checkout the compiled modules are kept apart, under the digest of their sources:
a changed source is never shadowed by its old compiled form, it just runs as plain Python until `make` has compiled it again.
In a wheel they stand beside the sources and need no activation.

A compiled module holds functions and plain classes. The classes of `msgspec`, whose annotations are read at run time, stand in
modules of their own, which stay as they are.
"""

import hashlib
import importlib.machinery
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LIBRARY: Final = "goldenhour__mypyc"
"""The one shared library; each compiled module is a door into it."""
SUFFIX: Final = str(sysconfig.get_config_var("EXT_SUFFIX"))
_MODULES: Final = (
    "connectors/contract_json.py",
    "connectors/json_members.py",
    "models/closeness.py",
    "models/consequences.py",
    "models/decide.py",
    "models/detector.py",
    "models/detectors/*.py",
    "models/freshness.py",
    "models/fuse.py",
    "models/gathering.py",
    "models/hearsay.py",
    "models/history_after.py",
    "models/keys.py",
    "models/lookalike_facts.py",
    "models/lookalikes/*.py",
    "models/protection.py",
    "models/recency.py",
    "models/record_entries.py",
    "models/settling.py",
    "models/signs.py",
    "models/stats.py",
    "models/suspect_money.py",
    "models/timeline.py",
    "models/travel.py",
    "models/units.py",
    "models/view.py",
    "models/weighing.py",
    "models/young_relations.py",
    "stream/entry_processor.py",
    "stream/keyed_processor.py",
    "stream/partitioning.py",
    "stream/replay.py",
)


def sources() -> list[str]:
    """Return what is compiled, as paths in the checkout, in order."""
    found = {path for pattern in _MODULES for path in ROOT.glob(pattern) if path.name != "__init__.py"}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def folder() -> Path:
    """Return where the compiled form of the present sources is kept.

    Its name tells sources, compiler version and interpreter: what is found there is current. Every typed source of the core counts,
    because the compiler writes constants and layouts of one module into another.
    """
    whole = hashlib.sha256(f"{sys.version}{SUFFIX}".encode())
    for name in ("requirements.lock", "stream/native.py", "hatch_build.py"):
        path = ROOT / name
        whole.update(path.read_bytes() if path.is_file() else b"")
    for path in sorted(path for package in ("models", "connectors", "stream") for path in ROOT.glob(f"{package}/**/*.py")):
        whole.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return ROOT / ".cache" / "native" / whole.hexdigest()[:16]


class _Finder(MetaPathFinder):
    """Finds a module in the folder of compiled ones first."""

    def __init__(self, compiled: dict[str, Path]) -> None:
        self._compiled = compiled

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a compiled module; None for every other."""
        library = self._compiled.get(fullname)
        if library is None:
            return None
        loader = importlib.machinery.ExtensionFileLoader(fullname, str(library))
        return importlib.util.spec_from_file_location(fullname, library, loader=loader)


def activate() -> bool:
    """Use the compiled modules in this process, if those of the present sources are there; return whether.

    To be called before anything else of ours is imported. GOLDENHOUR_NATIVE=0 keeps to plain Python.
    """
    if os.environ.get("GOLDENHOUR_NATIVE") == "0" or not (ROOT / "hatch_build.py").is_file():
        return False
    kept = folder()
    if not (kept / (LIBRARY + SUFFIX)).is_file():
        return False
    names = [name.removesuffix(".py").replace("/", ".") for name in sources()]
    compiled = {name: kept / (name.replace(".", "/") + SUFFIX) for name in names}
    sys.meta_path.insert(0, _Finder({LIBRARY: kept / (LIBRARY + SUFFIX), **compiled}))
    return True


def is_native() -> bool:
    """Return whether this process runs the compiled core."""
    decide = sys.modules.get("models.decide")
    return decide is not None and not str(decide.__file__).endswith(".py")
