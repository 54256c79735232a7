"""Makes a cluster's topics agree with `deploy/topics.toml`, and says where they do not.

Nothing existing is ever changed: a topic that differs is reported, with the setting, what it has and what was wanted.
"""

import time
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from connectors.broker_errors import BrokerError
from connectors.cluster import Where, kafka_python_arguments
from connectors.kafka_door import refuse_closed_door
from connectors.topics import TopicSpec

_SETTLED_S: Final = 3.0  # how long a new topic may take to be known everywhere in the cluster

TIMEOUT_MS = 15_000  # ours; a healthy cluster answers in well under a second

# Which settings of our internal topics can make state wrong or stop the worker, and those where more does no harm.
STATE_HANGS_ON = frozenset({"partitions", "cleanup.policy", "message.timestamp.type", "max.message.bytes", "min.compaction.lag.ms"})
MORE_IS_FINE = frozenset({"max.message.bytes", "min.compaction.lag.ms"})

Outcome = Literal["created", "as specified", "differs"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting of one topic: `partitions`, `replication`, or a name of Kafka's."""

    setting: str
    have: str
    want: str


@dataclass(frozen=True, slots=True)
class TopicReport:
    """What became of one topic; `differences` is empty unless the outcome is "differs"."""

    name: str
    outcome: Outcome
    differences: tuple[Difference, ...] = ()


def ensure_topics(bootstrap: Where, specs: Iterable[TopicSpec], *, timeout_ms: int = TIMEOUT_MS) -> list[TopicReport]:
    """Create the topics that are missing, exactly as specified, and report on each, in the order given.

    Returns when every created topic has a leader for every partition. Running it again changes nothing.
    timeout_ms: for connecting, and for each request.
    Errors: `BrokerError` if the cluster cannot be reached or refuses a topic; then some topics may have been created.
    """
    wanted = list(specs)
    with cluster_admin(bootstrap, timeout_ms) as admin:
        existing = describe(admin, wanted)
        created = create(admin, [spec for spec in wanted if spec.name not in existing], timeout_ms)
        # Another process may have created some in between, in its own way: look again.
        overtaken = [spec for spec in wanted if spec.name not in existing and spec.name not in created]
        existing |= describe(admin, overtaken)
        return [_report(spec, created, existing) for spec in wanted]


def check_topics(bootstrap: Where, specs: Iterable[TopicSpec], *, timeout_ms: int = TIMEOUT_MS) -> list[str]:
    """Return what keeps a worker from running on this cluster, one sentence each; nothing if all is well.

    Every topic must exist. Our internal topics must also have the settings that exactness hangs on (`STATE_HANGS_ON`).
    All else may differ from the specification: how long to keep what, and how often, is the operator's affair.
    timeout_ms: for connecting, and for each request.
    Errors: `BrokerError` if the cluster cannot be reached.
    """
    wanted = list(specs)
    with cluster_admin(bootstrap, timeout_ms) as admin:
        existing = describe(admin, wanted)
    problems: list[str] = []
    for spec in wanted:
        if spec.name not in existing:
            problems.append(f"Topic {spec.name} is missing. Create it with: goldenhour topics")
        elif spec.direction == "internal":
            problems += [
                _advice(spec.name, difference)
                for difference in _differences(spec, existing[spec.name])
                if difference.setting in STATE_HANGS_ON and not _more_than_wanted(difference)
            ]
    return problems


def _more_than_wanted(difference: Difference) -> bool:
    return difference.setting in MORE_IS_FINE and int(difference.have) >= int(difference.want)


def _advice(topic: str, difference: Difference) -> str:
    fault = f"Topic {topic} has {difference.setting} = {difference.have}, not {difference.want}."
    if difference.setting == "partitions":
        return (
            f"{fault} Set the worker's partitions to what the topic has; or stop all workers and run goldenhour reset, which "
            "makes keyed and state anew, and the state is rebuilt from what the input topics still hold."
        )
    return f"{fault} Alter it with kafka-configs.sh; goldenhour topics shows every setting that differs."


def _report(spec: TopicSpec, created: Container[str], existing: Mapping[str, Mapping[str, str]]) -> TopicReport:
    if spec.name in created:
        return TopicReport(spec.name, "created")
    differences = tuple(_differences(spec, existing[spec.name]))
    return TopicReport(spec.name, "differs" if differences else "as specified", differences)


def _differences(spec: TopicSpec, have: Mapping[str, str]) -> Iterator[Difference]:
    want = {"partitions": str(spec.partitions), "replication": str(spec.replication), **spec.config}
    for setting, value in want.items():
        if have.get(setting) != value:
            yield Difference(setting, have.get(setting, "nothing"), value)


def create(admin: Any, specs: list[TopicSpec], timeout_ms: int) -> set[str]:
    """Create topics and wait until they can be used; return the names of those that nobody else created first."""
    if not specs:
        return set()
    request = {
        spec.name: {
            "num_partitions": spec.partitions,
            "replication_factor": spec.replication,
            "configs": dict(spec.config),
        }
        for spec in specs
    }
    answers = admin.create_topics(request, timeout_ms=timeout_ms, raise_errors=False)["topics"]
    refused = [answer for answer in answers if answer["error_code"] not in (NoError.errno, TopicAlreadyExistsError.errno)]
    if refused:
        raise BrokerError("\n".join(f"Topic {answer['name']} was refused: {_words(answer)}" for answer in refused))
    admin.wait_for_topics(list(request), timeout_ms=timeout_ms)
    return {answer["name"] for answer in answers if answer["error_code"] == NoError.errno}


def describe(admin: Any, specs: list[TopicSpec]) -> dict[str, dict[str, str]]:
    """Return the settings of those topics that exist, `partitions` and `replication` among them."""
    if not specs:
        return {}
    existing: dict[str, dict[str, str]] = {}
    for answer in admin.describe_topics([spec.name for spec in specs]):
        if answer["error_code"] == UnknownTopicOrPartitionError.errno:
            continue
        if answer["error_code"] != NoError.errno:
            raise BrokerError(f"Topic {answer['name']} cannot be described: {_words(answer)}")
        partitions = answer["partitions"]
        replication = min(len(partition["replica_nodes"]) for partition in partitions)
        existing[answer["name"]] = {"partitions": str(len(partitions)), "replication": str(replication)}
    if existing:
        configs = _settings_of(admin, list(existing))
        for name, settings in existing.items():
            settings |= {key: str(config["value"]) for key, config in configs[name].items()}
    return existing


def _settings_of(admin: Any, names: list[str]) -> Any:
    """Return the settings of topics that exist. A topic made this moment has none to tell yet: it is asked again for a while."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    deadline_s = time.monotonic() + _SETTLED_S
    while True:
        configs = admin.describe_configs(resources, config_filter="all")["topic"]
        untold = [name for name in names if not configs[name]]
        if not untold:
            return configs
        if time.monotonic() > deadline_s:  # how kafka-python shows a refusal: without the error
            raise BrokerError(f"The settings of topic {untold[0]} cannot be read: is this user allowed to describe it?")
        time.sleep(0.1)


def _words(answer: Mapping[str, Any]) -> str:
    return str(answer.get("error_message") or for_code(answer["error_code"]).__name__)


@contextmanager
def cluster_admin(bootstrap: Where, timeout_ms: int) -> Iterator[Any]:
    """Give kafka-python's admin client. Errors: `BrokerError` for whatever the cluster did not do."""
    refuse_closed_door(bootstrap)
    try:
        with KafkaAdminClient(
            **kafka_python_arguments(bootstrap), bootstrap_timeout_ms=timeout_ms, request_timeout_ms=timeout_ms
        ) as admin:
            yield admin
    except KafkaError as error:
        raise BrokerError(f"The cluster at {bootstrap} did not do as asked: {error}") from error
