import os
import subprocess
import sys
import time

import pytest

from stream.bench.machine import can_pin, cpu_seconds, describe, on_core, resident_bytes


def test_work_done_shows_in_the_processor_time_of_a_process() -> None:
    before_s, own_s = cpu_seconds(os.getpid()), time.process_time()
    while time.process_time() - own_s < 0.1:
        sum(range(1_000))
    assert cpu_seconds(os.getpid()) - before_s > 0.05


def test_memory_taken_shows_in_the_resident_bytes_of_a_process() -> None:
    before = resident_bytes(os.getpid())
    taken = b"x" * 50_000_000
    assert resident_bytes(os.getpid()) - before > 0.9 * len(taken)


def test_a_process_that_has_ended_is_named_as_such() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    with pytest.raises(ProcessLookupError):
        cpu_seconds(process.pid)
    with pytest.raises(ProcessLookupError):
        resident_bytes(process.pid)


def test_a_process_started_on_a_core_stays_there_and_its_starter_does_not() -> None:
    before = os.sched_getaffinity(0)
    core = max(before)
    with on_core(core):
        said = subprocess.run([sys.executable, "-c", "import os; print(os.sched_getaffinity(0))"], capture_output=True, text=True)
    assert said.stdout.strip() == str({core})
    assert os.sched_getaffinity(0) == before
    assert can_pin() == ((os.cpu_count() or 1) > 1)


def test_the_machine_is_described_by_its_processor_cores_memory_and_load() -> None:
    told = describe()
    assert told["cores"] >= 1
    assert told["memory_gb"] > 0
    assert len(told["load_average"]) == 3
    assert told["cpu"]
