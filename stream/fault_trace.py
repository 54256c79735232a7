"""Where a fault of ours happened, without what it says: an exception's text may quote an account, a log must not."""

import traceback


def fault_trace(error: BaseException) -> str:
    """Return the kinds and the places of an error and of those that caused it, the first cause first.

    >>> try:
    ...     {}["a-771"]
    ... except KeyError as error:
    ...     print(fault_trace(error))
    KeyError at <module>:2
    """
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(f"{type(link).__name__} at {_places(link)}" for link in reversed(chain))


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{_module(frame.filename)}{frame.name}:{frame.lineno}" for frame in frames)


def _module(filename: str) -> str:
    """Return the last two parts of a source file's path, as far as it is one."""
    return "/".join(filename.rsplit("/", 2)[-2:]) + ":" if "/" in filename else ""
