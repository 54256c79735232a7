"""Which versions are in use, for metrics, reports and benchmarks."""

import platform
from importlib.metadata import version


def versions() -> dict[str, str]:
    """Return the versions that shape a result: ours, Python's and those of the libraries on the hot path."""
    names = ("goldenhour", "faust-streaming", "aiokafka", "msgspec", "river", "numpy")
    return {"python": platform.python_version(), **{name.replace("-", "_"): version(name) for name in names}}
