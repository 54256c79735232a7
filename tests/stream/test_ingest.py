"""Files of messages become records, each once; what is wrong is told beside the file; no file is lost on the way."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.iso20022.samples import pacs008
from connectors.replay_files import read
from stream.cli import cli
from stream.ingest import Ingest
from stream.ingest_file import IngestFile
from stream.message_folder import Seen, messages_in, settle
from tests.connectors.iso20022.messages import golden_path, reader
from tests.stream.sent_log import Log

NOW = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def put(folder: Path, *cases: str, name: str = "") -> None:
    for case in cases:
        shutil.copy(golden_path(case), folder / f"{name or case}.xml")


def ingest(folder: Path, log: Any, **given: Any) -> Ingest:
    run = Ingest(reader(), log, lambda: NOW, [folder])
    run.run(messages_in(folder), moves=True, **given)
    return run


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_records_go_out_with_the_contracts_key_at_their_own_time(folder: Path) -> None:
    put(folder, "pacs008_two_payments", "camt029_pending")
    log = Log()
    ingest(folder, log)
    by_topic = {topic: (key.decode(), ms, json.loads(raw)) for topic, key, raw, ms in log.sent}
    key, at_ms, record = by_topic["transactions"]
    assert key == record["payer"]["account"]
    assert at_ms == 1_772_414_398_123
    assert by_topic["freeze-responses"][0] == "r-0123456789abcdef0123"


def test_read_files_lie_in_done_and_bad_ones_in_bad_with_field_and_byte(folder: Path) -> None:
    put(folder, "pacs008_two_payments", "pacs008_too_many_decimals")
    log = Log()
    counts = ingest(folder, log).counts
    assert names(folder) == [
        "bad/pacs008_too_many_decimals.xml",
        "bad/pacs008_too_many_decimals.xml.error",
        "done/pacs008_two_payments.xml",
    ]
    said = (folder / "bad" / "pacs008_too_many_decimals.xml.error").read_text("utf-8")
    assert said == "out_of_range at CdtTrfTxInf[1]/IntrBkSttlmAmt (byte 484): the amount has more decimals than its currency\n"
    letter = next(json.loads(raw) for topic, _, raw, _ in log.sent if topic == "dead-letters")
    assert (letter["error"]["field"], letter["source"]["offset"]) == ("CdtTrfTxInf[1]/IntrBkSttlmAmt", 484)
    assert (counts.files, counts.bad_files, counts.transactions, counts.errors) == (2, 1, 2, 1)


def test_one_bad_payment_does_not_take_the_others_with_it(folder: Path) -> None:
    put(folder, "second_payment_without_account")
    log = Log()
    ingest(folder, log)
    assert log.events() == [("transactions", "REQUESTED"), ("dead-letters", "")]
    assert "bad/second_payment_without_account.xml" in names(folder)


def test_every_bad_payment_is_a_line_and_a_dead_letter_of_its_own(folder: Path) -> None:
    raw = pacs008(300).replace(b'Ccy="CNY"', b'Ccy="XYZ"')
    (folder / "a.xml").write_bytes(raw)
    log = Log()
    ingest(folder, log)
    assert len({key for _, key, _, _ in log.sent}) == 300
    said = (folder / "bad" / "a.xml.error").read_text("utf-8").splitlines()
    assert (len(said), "CdtTrfTxInf[300]" in said[-1]) == (300, True)


def test_a_message_that_breaks_off_says_nothing_at_all(folder: Path) -> None:
    (folder / "a.xml").write_bytes(pacs008(500)[:-30])
    log = Log()
    ingest(folder, log)
    assert [topic for topic, *_ in log.sent] == ["dead-letters"]


def test_an_answer_without_a_copy_finds_its_payment_whatever_the_file_is_called(folder: Path) -> None:
    put(folder, "pacs002_without_copy", name="a")
    put(folder, "pacs008_two_payments", name="b")
    log = Log()
    ingest(folder, log)
    records = [json.loads(raw) for _, _, raw, _ in log.sent]
    (approval,) = [record for record in records if record["status"] == "APPROVED"]
    (asked,) = [record for record in records if record["event_id"] == approval["original_event_id"]]
    assert {name: value for name, value in approval.items() if name not in ("event_id", "event_time", "status")} == {
        **{name: value for name, value in asked.items() if name not in ("event_id", "event_time", "status")},
        "original_event_id": asked["event_id"],
    }


def test_an_answer_finds_the_payment_of_an_earlier_run(folder: Path) -> None:
    put(folder, "pacs008_two_payments")
    ingest(folder, Log())
    put(folder, "pacs002_whole_message")
    log = Log()
    ingest(folder, log)
    assert log.events() == [("transactions", "APPROVED")] * 2


def test_an_answer_to_nothing_known_is_bad_and_can_be_given_again(folder: Path) -> None:
    put(folder, "pacs002_without_copy")
    ingest(folder, Log())
    assert "not known" in (folder / "bad" / "pacs002_without_copy.xml.error").read_text("utf-8")
    put(folder, "pacs008_two_payments")
    (folder / "bad" / "pacs002_without_copy.xml").rename(folder / "again.xml")
    log = Log()
    ingest(folder, log)
    assert ("transactions", "APPROVED") in log.events()


def test_an_answer_may_wait_for_its_payment(folder: Path) -> None:
    put(folder, "pacs002_without_copy")
    log = Log()
    run = ingest(folder, log, waits=lambda path: True)
    assert (run.counts.waiting_files, names(folder), log.sent) == (1, ["pacs002_without_copy.xml"], [])
    put(folder, "pacs008_two_payments")
    run.run(messages_in(folder), moves=True, waits=lambda path: True)
    assert ("transactions", "APPROVED") in log.events()
    assert names(folder) == ["done/pacs002_without_copy.xml", "done/pacs008_two_payments.xml"]


def test_a_broker_that_dies_costs_no_file_and_the_next_run_says_the_same(folder: Path) -> None:
    put(folder, "pacs008_two_payments", "camt053_bookings_and_reversals")
    with pytest.raises(ConnectionError):
        ingest(folder, Log(ends=1))
    assert len(messages_in(folder)) == 2
    log, other = Log(), Log()
    ingest(folder, log)
    for path in (folder / "done").iterdir():
        path.rename(folder / path.name)
    ingest(folder, other)
    assert log.sent == other.sent


def test_a_file_of_the_same_name_and_another_content_replaces_nothing(folder: Path) -> None:
    put(folder, "pacs008_two_payments", name="a")
    ingest(folder, Log())
    put(folder, "camt029_pending", name="a")
    ingest(folder, Log())
    assert len(names(folder)) == 2
    assert {path.read_bytes() for path in (folder / "done").iterdir()} == {
        golden_path("pacs008_two_payments").read_bytes(),
        golden_path("camt029_pending").read_bytes(),
    }


def test_a_file_that_still_grows_is_left_alone(folder: Path) -> None:
    put(folder, "pacs008_two_payments")
    seen = Seen()
    assert seen.at_rest(messages_in(folder)) == []
    with (folder / "pacs008_two_payments.xml").open("ab") as file:
        file.write(b"\n")
    assert seen.at_rest(messages_in(folder)) == []
    assert seen.at_rest(messages_in(folder)) == messages_in(folder)


def test_hidden_files_and_other_kinds_are_left_alone(folder: Path) -> None:
    for name in (".half.xml", "note.txt", "A.XML"):
        (folder / name).write_bytes(b"")
    assert [path.name for path in messages_in(folder)] == ["A.XML"]
    assert settle(folder / "A.XML", "done").is_file()


# ---- a replay file ---------------------------------------------------------------------------------------------------------


def test_a_replay_file_holds_every_record_once_after_any_number_of_runs(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "day.jsonl"
    for _ in range(2):
        put(folder, "pacs008_two_payments", "second_payment_without_account", "camt029_pending")
        ingest(folder, IngestFile(out).send)
    lines = out.read_bytes().splitlines()
    assert len(set(lines)) == len(lines)
    assert sorted(record.topic for record in read([out])) == ["freeze-responses", "transactions", "transactions"]
    assert len((tmp_path / "day.dead_letters.jsonl").read_bytes().splitlines()) == 1


def test_a_line_that_a_crash_cut_off_is_written_anew(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "day.jsonl"
    put(folder, "pacs008_two_payments")
    ingest(folder, IngestFile(out).send)
    whole = out.read_bytes()
    out.write_bytes(whole[:-20])
    (folder / "done" / "pacs008_two_payments.xml").rename(folder / "a.xml")
    ingest(folder, IngestFile(out).send)
    assert out.read_bytes() == whole


# ---- the command -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    path.write_bytes(b"k" * 32)
    return path


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["ingest", "iso20022", *map(str, arguments)])
    return result.exit_code, result.output


def test_the_command_tells_what_it_read(folder: Path, tmp_path: Path, key: Path) -> None:
    put(folder, "pacs008_two_payments", "camt029_pending")
    status, said = command(folder, "--out", tmp_path / "day.jsonl", "--token-key-file", key, "--own-bics", "BANKCNBJXXX")
    assert (status, said) == (0, "2 files, 0 bad: 2 transactions, 1 freeze responses, 0 errors\n")
    record = json.loads((tmp_path / "day.jsonl").read_text("utf-8").splitlines()[0])
    assert (record["payer"]["on_us"], record["payee"]["on_us"]) == (True, False)


def test_a_bad_file_is_status_1_and_a_file_named_by_itself_stays(folder: Path, tmp_path: Path, key: Path) -> None:
    put(folder, "cut_off")
    status, _ = command(folder / "cut_off.xml", "--out", tmp_path / "day.jsonl", "--token-key-file", key)
    assert (status, names(folder)) == (1, ["cut_off.xml"])


def test_what_was_ingested_can_be_replayed(folder: Path, tmp_path: Path, key: Path) -> None:
    put(folder, "pacs008_two_payments", "pacs002_accepted_refused_pending", "camt053_bookings_and_reversals", "camt029_pending")
    assert command(folder, "--out", tmp_path / "day.jsonl", "--token-key-file", key)[0] == 0
    result = CliRunner().invoke(cli, ["replay", str(tmp_path / "day.jsonl"), "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["dead_letters"] == {}


@pytest.mark.parametrize(
    "arguments",
    [("--out", "day.csv"), ("--out", "day.jsonl", "--watch"), ("--every", "0")],
)
def test_wrong_usage_is_status_2(folder: Path, key: Path, arguments: tuple[str, ...]) -> None:
    put(folder, "cut_off")
    assert command(folder / "cut_off.xml", "--token-key-file", key, *arguments)[0] == 2


@pytest.mark.parametrize("given", [("--own-bics", "SHORT"), ("--message-zone", "Asia/Shanghai"), ("--token-key-file", "none")])
def test_settings_that_cannot_be_used_are_told_before_any_file_is_touched(
    folder: Path, tmp_path: Path, key: Path, given: tuple[str, str]
) -> None:
    put(folder, "pacs008_two_payments")
    result = CliRunner().invoke(
        cli, ["ingest", "iso20022", str(folder), "--out", str(tmp_path / "o.jsonl"), "--token-key-file", str(key), *given]
    )
    assert result.exit_code != 0
    assert names(folder) == ["pacs008_two_payments.xml"]


def test_watching_reads_what_comes_in_until_it_is_told_to_end(folder: Path, tmp_path: Path, key: Path) -> None:
    out = tmp_path / "day.jsonl"
    arguments = ["--out", str(out), "--token-key-file", str(key), "--watch", "--every", "0.05"]
    process = subprocess.Popen(
        [sys.executable, "-m", "stream", "ingest", "iso20022", str(folder), *arguments],
        env={**os.environ, "GOLDENHOUR_NATIVE": "0"},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for case in ("pacs008_two_payments", "camt029_pending"):
            put(folder, case)
            limit_s = time.monotonic() + 30
            while not (folder / "done" / f"{case}.xml").exists():
                assert time.monotonic() < limit_s
                time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert said.splitlines()[-1] == "2 files, 0 bad: 2 transactions, 1 freeze responses, 0 errors"
    assert len(out.read_bytes().splitlines()) == 3
