"""From state of the previous release, to another number of partitions, and from spoilt state: each ends in exact state.

One installation goes through it all, in this order, as fixtures: starting workers is what takes the time.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import aiokafka
import pytest
from click.testing import CliRunner, Result
from kafka import KafkaAdminClient, TopicPartition

from stream.brokers import KafkaBroker
from stream.bundle import INPUT_TOPICS, Bundle, encode_bundle
from stream.cli import cli
from stream.state_format import StateFormatError
from stream.store import value_of
from tests.bank import shipped_rulebook
from tests.integration.kafka_tools import fill, run
from tests.integration.worker_tools import Site
from tests.parity.exactness import assert_exact
from tests.previous_release import PARTITIONS, Record, left_behind

pytestmark = pytest.mark.broker

EXIT_USAGE = 2
READ = (*INPUT_TOPICS, "keyed")


def goldenhour(site: Site, *arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, env=site.environ())


def refusal(site: Site) -> str:
    """Start a worker that must refuse; return what it said."""
    with site.worker("refusal.log") as worker:
        assert worker.wait() == EXIT_USAGE, worker.said()
    assert "Traceback" not in worker.said()
    return worker.said()


def take_over(site: Site, records: Iterable[Record]) -> None:
    """Write what an older installation has left, and commit for its group what it had committed: all it had read."""
    ends: dict[aiokafka.TopicPartition, int] = {}

    async def write() -> None:
        async with aiokafka.AIOKafkaProducer(bootstrap_servers=site.bootstrap, acks="all", linger_ms=5) as producer:
            for name, partition, timestamp, key, value, headers in records:
                await producer.send(site.name(name), value, key, partition, timestamp, headers)
                if name in READ:
                    tp = aiokafka.TopicPartition(site.name(name), partition)
                    ends[tp] = ends.get(tp, 0) + 1
            await producer.flush()
        async with aiokafka.AIOKafkaConsumer(bootstrap_servers=site.bootstrap, group_id=site.group) as consumer:
            consumer.assign(list(ends))
            await consumer.commit(ends)

    run(write())


class Upgraded(NamedTuple):
    """An installation of 0.1.0 brought to this version, and what was said on the way."""

    site: Site
    refused: str
    looked: Result
    from_keyed: Result
    untouched: bool
    done: Result


@pytest.fixture(scope="module")
def upgraded(kafka: KafkaBroker, tmp_path_factory: pytest.TempPathFactory) -> Upgraded:
    folder: Path = tmp_path_factory.mktemp("upgrade")
    site = Site(kafka.bootstrap, f"{folder.name}-", folder, partitions=PARTITIONS).make_topics()
    take_over(site, left_behind(*READ, "state"))
    stored = site.read("state")
    refused = refusal(site)
    looked = goldenhour(site, "upgrade", "--check")
    from_keyed = goldenhour(site, "reset", "--from", "keyed", "--yes")
    untouched = site.read("state") == stored
    done = goldenhour(site, "upgrade", "--yes")
    site.work_to_the_end()
    return Upgraded(site, refused, looked, from_keyed, untouched, done)


@pytest.fixture(scope="module")
def recut(upgraded: Upgraded) -> tuple[Site, set[str]]:
    """The same with one partition more, and the ids of its alerts before."""
    site = upgraded.site
    alerts = {alert.alert_id for alert in site.alerts()}
    with KafkaAdminClient(bootstrap_servers=site.bootstrap) as admin:  # so that what is published again stands alone
        for topic in ("alerts", "freeze-requests"):
            admin.delete_records({TopicPartition(site.name(topic), partition): -1 for partition in range(PARTITIONS)})
    done = goldenhour(site, "reset", "--partitions", str(PARTITIONS + 1), "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    more = Site(site.bootstrap, site.prefix, site.folder, partitions=PARTITIONS + 1)
    more.work_to_the_end()
    return more, alerts


def test_state_of_the_release_before_is_refused_and_told_before_anything_is_changed(upgraded: Upgraded) -> None:
    assert "the state is of format 1 (0.1.0" in upgraded.refused
    assert (upgraded.looked.exit_code, upgraded.looked.stderr) == (1, "")
    assert "They hold transactions since 2026-" in upgraded.looked.stdout
    assert isinstance(upgraded.from_keyed.exception, StateFormatError)
    assert upgraded.untouched


def test_an_upgrade_makes_state_of_the_release_before_anew_as_a_fresh_run_over_the_inputs(upgraded: Upgraded) -> None:
    assert (upgraded.done.exit_code, upgraded.done.stderr) == (0, "")
    site = upgraded.site
    assert assert_exact(site, shipped_rulebook()) == 0
    assert site.alerts()
    looked = goldenhour(site, "upgrade", "--check")
    assert (looked.exit_code, looked.stderr) == (0, "")
    assert "restart the workers one by one" in looked.stdout


def test_more_partitions_are_a_reset_and_every_alert_comes_out_under_its_id(recut: tuple[Site, set[str]]) -> None:
    site, alerts = recut
    assert {alert.alert_id for alert in site.alerts()} == alerts
    assert_exact(site, shipped_rulebook())


def test_spoilt_state_is_made_anew_from_its_log_byte_for_byte(recut: tuple[Site, set[str]]) -> None:
    site, _ = recut
    accounts = [(number, key) for number, loaded in enumerate(site.loaded()) for key in loaded.values if key.startswith(b"A:")]
    run(fill(site.bootstrap, [(site.name("state"), number, key, value_of(1 << 40, b"\xc1")) for number, key in accounts]))
    again = left_behind("transactions")[0]
    run(fill(site.bootstrap, [(site.name("transactions"), 0, again.key or b"", again.value or b"")]))
    said = refusal(site)
    assert "the state is spoilt: stored account profile is not readable" in said
    assert "goldenhour reset --from keyed" in said
    done = goldenhour(site, "reset", "--from", "keyed", "--yes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert sum(offset for (topic, _), offset in site.committed().items() if topic == "transactions") > 0  # not read again
    site.work_to_the_end()
    assert_exact(site, shipped_rulebook())


def test_of_a_log_whose_beginning_has_expired_state_begins_where_the_log_does(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    site = Site(kafka.bootstrap, topic_prefix, tmp_path, partitions=2).make_topics()
    keyed = TopicPartition(site.name("keyed"), 0)
    run(fill(site.bootstrap, [(keyed.topic, 0, b"", encode_bundle(Bundle()))] * 3))
    with KafkaAdminClient(bootstrap_servers=site.bootstrap) as admin:
        admin.delete_records({keyed: 2})
    done = goldenhour(site, "reset", "--from", "keyed", "--yes")
    assert "partition 0 begins at offset 2: what was before is not learned again" in done.stdout
    assert [loaded.position for loaded in site.loaded()] == [1, -1]
