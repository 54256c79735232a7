"""Log lines for machines: one object each, fields by name, from every logger alike."""

import ast
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

from stream.logs import JsonLines, record_hash

ROOT = Path(__file__).parents[2]


def line(logger: str, message: str, *values: object) -> dict[str, object]:
    record = logging.LogRecord(logger, logging.ERROR, __file__, 1, message, values, None)
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, object] = json.loads(text)
    return found


def test_the_fields_of_a_line_have_names_and_the_rest_is_the_event() -> None:
    said = "a batch could not be worked on topic=%s partition=%d offset=%d record=%s"
    found = line("goldenhour.worker", said, "transactions", 3, 41, record_hash(b"{}"))
    assert found.pop("time")
    assert found == {
        "level": "ERROR",
        "component": "worker",
        "event": "a batch could not be worked on",
        "topic": "transactions",
        "partition": 3,
        "offset": 41,
        "record": "44136fa355b3678a",
    }


def test_places_of_a_fault_are_one_field_and_a_field_never_takes_the_place_of_another() -> None:
    found = line("faust.app", 'it broke "here" level=low\n  in stream/app.py\n  in stream/store.py')
    assert found["detail"] == "  in stream/app.py\n  in stream/store.py"
    assert found["level"] == "ERROR"
    assert found["event"] == 'it broke "here"'


def test_the_setting_makes_a_command_log_objects() -> None:
    """Also what Faust and the clients log: they have no handler of their own."""
    program = "from stream.cli import cli; import logging; cli(['topics', '--help'], standalone_mode=False)"
    log = "logging.getLogger('aiokafka.conn').critical('gone node=%d', 4); logging.getLogger('goldenhour.worker').info('up')"
    started = f"import sys, logging\nfrom stream.logs import set_up_logs, log_format_of\nimport os\n{program}\n"
    started += f"set_up_logs(log_format_of(os.environ, None))\n{log}\n"
    environ = {**os.environ, "GOLDENHOUR_LOG_FORMAT": "json", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", started], env=environ, capture_output=True, text=True, check=True)
    found = [json.loads(said) for said in done.stderr.splitlines()]
    assert [(said["component"], said["event"], said.get("node")) for said in found] == [
        ("aiokafka.conn", "gone", 4),
        ("worker", "up", None),
    ]


def test_logging_is_set_up_in_one_place() -> None:
    setters = {"basicConfig", "StreamHandler", "FileHandler", "addHandler", "dictConfig"}
    found = {
        path.relative_to(ROOT).as_posix()
        for package in ("models", "connectors", "stream")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in setters
    }
    assert found <= {"stream/logs.py"}
