"""The command `goldenhour` (also `python -m stream`)."""

from stream.cli import main

if __name__ == "__main__":
    main()
