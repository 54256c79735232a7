"""Which policy decided a case, and from where on: told by the partitions, put in order, and needed to derive the case again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import pytest

from connectors.replay_files import read
from models.policy_records import PolicyChange, SourceEnd
from stream.evidence.checks import check
from stream.evidence.form import Limits, bundle_of, encode_bundle, take_apart
from stream.evidence.making import Making, make_bundle, sole_policy
from stream.evidence.policies import in_order
from stream.evidence.rederiving import rederive
from stream.evidence.sources import file_inputs, folder_outputs
from stream.policy.document import Policy, digest_of, policy_of, policy_text
from stream.replay import LaterPolicy, Replay, Sinks
from stream.settings import Settings
from tests.stream.evidence.case_files import write_case

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
SHIPPED = policy_text(Settings())


def change(text: str, position: int, partition: int = 0, *, number: int | None = None, minute: int = 0) -> PolicyChange:
    """Return what a partition says of a policy."""
    return PolicyChange(
        partition=partition,
        position=position,
        log_time=AT + timedelta(minutes=minute),
        read=(SourceEnd(topic="transactions", partition=0, offset=position),) if position >= 0 else (),
        number=number,
        version=text,
        digest=digest_of(text),
        text=text,
    )


def order(*changes: PolicyChange) -> list[tuple[str, list[int]]]:
    """Return the policies in the order in which they held, with the partitions that say so."""
    last = in_order(changes)
    assert last is not None
    return [(policy.version, [since.partition for since in policy.since]) for policy in (*last.earlier, last)]


def test_policies_stand_in_the_order_in_which_they_held() -> None:
    assert order(change("a", -1), change("b", 5, minute=1), change("a", 9, number=3, minute=2)) == [
        ("a", [0]),
        ("b", [0]),
        ("a", [0]),
    ]


def test_a_partition_without_traffic_may_pass_a_policy_over() -> None:
    told = [change("a", -1, p) for p in (0, 1)] + [change("b", 5, 0, minute=1)]
    told += [change("c", 9, 0, minute=2), change("c", 4, 1, minute=3)]
    assert order(*told) == [("a", [0, 1]), ("b", [0]), ("c", [0, 1])]


def test_what_a_restart_takes_back_is_replaced() -> None:
    """The slice that began under b was not saved; the worker came back under c."""
    assert order(change("a", -1), change("b", 5, minute=1), change("c", 5, minute=1)) == [("a", [0]), ("c", [0])]


def test_a_policy_that_alone_decided_stands_as_before() -> None:
    told = in_order([change("a", -1), change("a", -1, 1)])
    assert told is not None
    assert (told.since, told.earlier) == ((), ())
    assert in_order([]) is None


@pytest.fixture
def two_policies(tmp_path: Path) -> tuple[Path, Path, str, Policy, Policy]:
    """Return log, folder and case of a story that another policy took over in the middle of, and both policies."""
    files = write_case(tmp_path)
    first = policy_of(SHIPPED)
    other = SHIPPED.replace('version = "', 'version = "next-', 1)
    second = policy_of(other.replace("review_only = { value = false", "review_only = { value = true"))
    folder = tmp_path / "both"
    folder.mkdir()
    names = ("alerts", "freeze_requests", "dead_letters", "traces")
    sinks = {name: (folder / f"{name}.jsonl").open("wb") for name in names}
    run = Replay(first.rulebook, Sinks(**{name: cast(BinaryIO, sink) for name, sink in sinks.items()}))
    later = LaterPolicy(lambda record: record.offset > 1 or record.topic != "transactions", second.rulebook)
    run.run(read([files.log]), policies=[later])
    for sink in sinks.values():
        sink.close()
    return files.log, folder, files.case_id, first, second


@pytest.mark.parametrize("partitions", [1, 4])
def test_the_case_is_derived_again_only_under_each_policy_in_its_time(
    two_policies: tuple[Path, Path, str, Policy, Policy], partitions: int
) -> None:
    log, folder, case_id, first, second = two_policies
    changes = [change(first.text, -1), change(second.text, 1, minute=8)]
    held = in_order([_named(changes[0], first), _named(changes[1], second)])
    assert held is not None
    limits = Limits(partitions=partitions, topic_prefix="", record_bytes_max=65_536, future_skew_s=300, isolate=())

    def made(policy: object) -> bytes:
        return encode_bundle(make_bundle(case_id, folder_outputs(folder), file_inputs([log]), Making(policy, limits, {})))  # type: ignore[arg-type]

    right = made(held)
    assert check(right) == []
    assert rederive(bundle_of(take_apart(right)), read([log])).differences == []
    for alone in (first, second) if partitions == 1 else (first,):  # of several partitions only the last statements are compared
        wrong = made(sole_policy(alone))
        assert rederive(bundle_of(take_apart(wrong)), read([log])).differences != []


def _named(told: PolicyChange, policy: Policy) -> PolicyChange:
    return msgspec.structs.replace(told, version=policy.version)
