"""Compiles the hot modules (`stream/native.py` names them) with mypyc, where this machine can.

Part of every build of the package, and run by `make` when a source has changed. Nothing depends on it: without a C compiler or
Python's headers it says so and succeeds, and everything runs as plain Python with the same results.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stream import native

# Not the project's own settings: those name whole packages to check, and mypyc would compile them all.
_MYPY_INI = "[mypy]\nstrict = True\n[mypy-river.*]\nignore_missing_imports = True\nfollow_imports = skip\n"
_PROGRAM = """
import sys
from mypyc.build import mypycify
from setuptools import Distribution
from setuptools.command.build_ext import build_ext

folder, work, group, *sources = sys.argv[1:]
options = ["--config-file", f"{work}/mypy.ini", *sources]
extensions = mypycify(options, opt_level="3", debug_level="0", group_name=group, target_dir=work)
command = build_ext(Distribution({"name": group, "ext_modules": extensions}))
command.build_lib, command.build_temp = folder, work
command.ensure_finalized()
command.run()
"""


def obstacle() -> str | None:
    """Return what keeps this machine from compiling, as a sentence, or None."""
    if os.environ.get("GOLDENHOUR_NATIVE") == "0":
        return "GOLDENHOUR_NATIVE is 0"
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} is not CPython"
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "Python's C headers are missing (Debian: apt-get install python3-dev)"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler {compiler} (Debian: apt-get install gcc libc6-dev)"
    try:
        import mypyc.build  # noqa: F401
        import setuptools  # noqa: F401
    except ImportError as error:
        return f"{error.name} is not installed"
    return None


def compile_into(folder: Path) -> None:
    """Compile all named modules into a new folder; it appears whole or not at all.

    Errors: CalledProcessError, after the compiler's own words on standard error.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    group = native.LIBRARY.removesuffix("__mypyc")
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        (Path(work) / "mypy.ini").write_text(_MYPY_INI, "utf-8")
        built = Path(work) / "built"
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(built), work, group, *native.sources()],
            cwd=native.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.stderr.write(done.stdout)
            raise subprocess.CalledProcessError(done.returncode, "mypyc")
        built.replace(folder)


def build() -> Path | None:
    """Compile if this machine can and has not yet; return the folder, or None. Compiled forms of older sources are removed."""
    if reason := obstacle():
        sys.stderr.write(f"Not compiling: {reason}. Golden Hour runs as plain Python, at about half the speed.\n")
        return None
    folder = native.folder()
    if not folder.is_dir():
        sys.stderr.write("Compiling the hot modules (some two minutes) ...\n")
        compile_into(folder)
    for other in folder.parent.iterdir():
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


class NativeBuildHook(BuildHookInterface):  # type: ignore[type-arg] # hatchling's own configuration
    """Hatchling's way in: what is compiled goes into the wheel, beside the sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before a wheel is put together. version: "editable" for a checkout in place, which `make` compiles for itself."""
        if self.target_name != "wheel" or version == "editable" or (folder := build()) is None:
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for library in folder.rglob(f"*{native.SUFFIX}"):
            build_data["force_include"][str(library)] = library.relative_to(folder).as_posix()


if __name__ == "__main__":
    build()
