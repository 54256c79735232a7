"""What atheris runs, in a process of its own: `python -m tests.connectors.fuzz_target NAME [libFuzzer options]`."""

import importlib
import sys


def main() -> None:
    atheris = importlib.import_module("atheris")  # no package of ours: pytest, which imports this file, has not got it
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["connectors"]):  # what is imported within is watched for new paths
        from connectors.connector import find_connectors
        from tests.connectors.checks import check_any_bytes
        from tests.connectors.golden import TOKENS

        (connector,) = [found for found in find_connectors(TOKENS) if found.name == name]
    atheris.Setup([sys.argv[0], *options], lambda raw: check_any_bytes(connector, raw))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
