"""How the worker ends when something fails: with the status that says whose fault it was, and without a customer in the log."""

import asyncio
from typing import NoReturn

import pytest

from stream import app
from stream.app import EXIT_OURS, EXIT_STALLED, EXIT_USAGE, EXIT_WRITE_FAILED, build_worker, end_for
from stream.batches import TP
from stream.continuity import RecordsGoneError
from stream.entry_agent import EntryAgent
from stream.keyed_agent import StateUnreachableError
from stream.outbox import LeaseLostError, WriteFailedError
from stream.policy.document import read_policy
from stream.settings import Settings

ACCOUNT = "6222020200112233445"


class EndedError(Exception):
    """The process would have ended."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(status)
        self.status, self.sentence = status, sentence


@pytest.fixture(autouse=True)
def _no_real_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def end(status: int, sentence: str) -> NoReturn:
        raise EndedError(status, sentence)

    monkeypatch.setattr(app, "end_process", end)


@pytest.mark.parametrize(
    ("failure", "status", "sentence"),
    [
        (WriteFailedError("outputs: TimeoutError"), EXIT_WRITE_FAILED, "a write failed, nothing is acknowledged any more: outputs"),
        (LeaseLostError("no heartbeat"), EXIT_WRITE_FAILED, "a write failed, nothing is acknowledged any more: no heartbeat"),
        (StateUnreachableError("state could not be read"), EXIT_STALLED, "state could not be read; nothing is lost"),
        (RecordsGoneError(TP("keyed", 0), "all is gone"), EXIT_USAGE, "keyed partition 0: all is gone. Stop all workers"),
        (KeyError(ACCOUNT), EXIT_OURS, "stopped by a fault of our own: KeyError"),
        (OSError(ACCOUNT), EXIT_OURS, "stopped by a fault of our own: OSError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_kind_of_failure_has_its_status_and_its_sentence(
    failure: Exception, status: int, sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(EndedError) as end:
        end_for(failure)
    assert end.value.status == status
    assert end.value.sentence.startswith(sentence)
    assert ACCOUNT not in end.value.sentence + caplog.text


def test_a_timer_that_fails_ends_the_worker_before_faust_can_quote_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(agent: EntryAgent) -> None:
        raise KeyError(ACCOUNT)

    async def run_timer() -> None:
        advance, *_ = build_worker(Settings(), read_policy(Settings())).app._app_tasks
        await asyncio.wait_for(advance(), 60)

    monkeypatch.setattr(EntryAgent, "advance", fail)
    with pytest.raises(EndedError) as end:
        asyncio.run(run_timer())
    assert (end.value.status, end.value.sentence) == (EXIT_OURS, "stopped by a fault of our own: KeyError")
    assert "KeyError at" in caplog.text
    assert ACCOUNT not in caplog.text
