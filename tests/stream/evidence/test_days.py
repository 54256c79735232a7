"""Every case of a day can be shown, checks out and is derived again, whatever people have said in between."""

import json
from pathlib import Path

import pytest

from connectors.replay_files import read
from stream.evidence.checks import check
from stream.evidence.form import Bundle, Limits, bundle_of, encode_bundle, take_apart
from stream.evidence.making import Making, Opening, make_bundle, sole_policy
from stream.evidence.rederiving import rederive
from stream.evidence.sources import file_inputs, folder_outputs
from stream.policy.document import read_policy
from stream.settings import Settings
from tests.parity.days import replay, small_day, with_words, write_day
from tests.stream.evidence.case_files import write_case

TWO_CHAINS_MEET = """
account victim1  type=PERSON customer=c-1 on_us=true balance=900000.00
account victim2  type=PERSON customer=c-2 on_us=true balance=900000.00
account mule1    type=PERSON customer=c-3 on_us=true balance=0.00
account mule2    type=PERSON customer=c-4 on_us=true balance=0.00
account mule3    type=PERSON customer=c-5 on_us=true balance=0.00
10:00:00  transfer    victim1 -> mule1  60000.00 CNY  web
10:01:00  transfer    victim2 -> mule2  50000.00 CNY  web
10:05:00  transfer    mule1 -> mule3    55000.00 CNY  mobile
10:06:00  transfer    mule2 -> mule3    45000.00 CNY  mobile
10:20:00  report  r-1  victim1 -> mule1  60000.00  paid=10:00:00
10:21:00  report  r-2  victim2 -> mule2  50000.00  paid=10:01:00
"""


def made(log: Path, folder: Path, case_id: str, opening: Opening | None) -> Bundle:
    """Return the bundle of a case, through its bytes."""
    limits = Limits(partitions=1, topic_prefix="", record_bytes_max=65_536, future_skew_s=300, isolate=())
    making = Making(sole_policy(read_policy(Settings())), limits, {}, opening)
    raw = encode_bundle(make_bundle(case_id, folder_outputs(folder), file_inputs([log]), making))
    assert check(raw) == []
    return bundle_of(take_apart(raw))


def cases_of(folder: Path) -> list[str]:
    return sorted({json.loads(line)["case_id"] for line in (folder / "alerts.jsonl").read_bytes().splitlines()})


OPENINGS = (None, Opening("P-7", "asked"))


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    place = tmp_path_factory.mktemp("day")
    plain = write_day(place / "plain.jsonl", small_day(11))
    log = with_words(plain, replay(plain, place / "first"), place / "day.jsonl")
    return log, replay(log, place / "out")


@pytest.mark.parametrize("place", range(6))
def test_cases_of_a_day_with_words_are_derived_again(day: tuple[Path, Path], place: int) -> None:
    log, folder = day
    cases = cases_of(folder)
    bundle = made(log, folder, cases[place * len(cases) // 6], OPENINGS[place % 2])
    assert rederive(bundle, read([log])).differences == []


@pytest.mark.parametrize("opening", OPENINGS, ids=["masked", "opened"])
def test_where_two_chains_of_money_meet_each_case_is_derived_again_by_itself(tmp_path: Path, opening: Opening | None) -> None:
    files = write_case(tmp_path, TWO_CHAINS_MEET)
    for case_id in cases_of(files.folder):
        bundle = made(files.log, files.folder, case_id, opening)
        assert bundle.traces
        assert rederive(bundle, read([files.log])).differences == []
