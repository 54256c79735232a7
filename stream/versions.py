"""Which versions are in use, for metrics, the bench and the demo's report. None of them stands in what a replay writes."""

import hashlib
import platform
from importlib.metadata import version

from models.detector import find_detectors, find_lookalikes
from models.profile import PROFILE_VERSION
from models.segment import SEGMENT_VERSION
from stream.native import is_native


def versions() -> dict[str, str]:
    """Return what shapes a result or its speed: ours, the model's, Python's, those of the libraries on the hot path, and the core.

    core: "compiled" or "plain", as this process runs it.
    """
    names = ("goldenhour", "faust-streaming", "aiokafka", "msgspec", "river", "numpy")
    return {
        "python": platform.python_version(),
        **{name.replace("-", "_"): version(name) for name in names},
        "model": model_version(),
        "core": "compiled" if is_native() else "plain",
    }


def model_version() -> str:
    """Return the formats of the stored profile and segment, and eight digits for the detectors with their versions.

    Two workers of one policy and one model say the same of the same events.
    """
    told = [f"{detector.name} {detector.version}" for detector in find_detectors()]
    told += [lookalike.id for lookalike in find_lookalikes()]
    digest = hashlib.blake2b("\n".join(sorted(told)).encode(), digest_size=4).hexdigest()
    return f"profile{PROFILE_VERSION}-segment{SEGMENT_VERSION}-{digest}"
