"""The command `goldenhour` (also `python -m stream`)."""

from stream import native

native.activate()

from stream.cli import main  # noqa: E402 # nothing of ours may be imported before

if __name__ == "__main__":
    main()
