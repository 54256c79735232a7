"""What atheris runs, in a process of its own: `python -m tests.connectors.fuzz_target NAME [libFuzzer options]`."""

import sys

import atheris  # type: ignore[import-not-found, unused-ignore]

with atheris.instrument_imports(include=["connectors"]):
    from connectors.connector import find_connectors
    from tests.connectors.checks import check_any_bytes
    from tests.connectors.golden import TOKENS

    CONNECTORS = {connector.name: connector for connector in find_connectors(TOKENS)}  # imports them: within, to be instrumented


def main() -> None:
    name, *options = sys.argv[1:]
    connector = CONNECTORS[name]

    def run(raw: bytes) -> None:
        check_any_bytes(connector, raw)

    atheris.Setup([sys.argv[0], *options], run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
