"""What topics there are and how each is set, as data from `deploy/topics.toml`. Pure: no broker, no file.

The mapping given is the parsed TOML; its tables carry the reasons. `kafka_admin.py` makes a broker agree with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast, get_args

Direction = Literal["in", "out", "internal"]

ORDERED = frozenset({"policy"})
"""Topics of one partition, whatever is said of the others: what counts in them is the order of all records."""

# The contract's topics, and our own two: what any deploy/topics.toml must hold. It may hold more.
DIRECTIONS: Mapping[str, Direction] = MappingProxyType(
    {
        "transactions": "in",
        "account-events": "in",
        "victim-reports": "in",
        "dispositions": "in",
        "freeze-responses": "in",
        "case-controls": "in",
        "alerts": "out",
        "freeze-requests": "out",
        "traces": "out",
        "scores": "out",
        "dead-letters": "out",
        "audit": "out",
        "policy": "in",
        "policy-changes": "out",
        "keyed": "internal",
        "state": "internal",
    }
)

LEGAL_NAME = re.compile(r"[a-zA-Z0-9._-]{1,249}")  # Kafka's own rule for topic names
REPLICATION_MAX = 32_767  # an int16 on the wire


class TopicSpecError(ValueError):
    """A topics file that cannot be used. `problems` holds every fault found, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """One topic as it shall be.

    name: on Kafka, prefix included.
    partitions, replication: counts, 1 or more.
    config: Kafka's names to values, both as Kafka prints them; what is absent keeps the broker's default.
    """

    name: str
    direction: Direction
    partitions: int
    replication: int
    config: Mapping[str, str]


def load_topics(
    raw: Mapping[str, object],
    *,
    prefix: str = "",
    partitions: int | None = None,
    replication: int | None = None,
    retention_ms: int | None = None,
) -> dict[str, TopicSpec]:
    """Return every topic of a parsed `topics.toml`, by the contract's name, in the file's order.

    prefix: put before every name on Kafka, so that several installations can share a cluster.
    partitions, replication, retention_ms: take the place of what the file says, for all topics; None leaves it.
        `retention_ms` reaches only topics that have a retention; -1 keeps everything.
    Where the replication is 3 or more, `min.insync.replicas` is one less than it, unless the file says otherwise.
    Errors: `TopicSpecError` with all faults of the file and the arguments at once.
    """
    problems = [f"{key} is no table of a topics file." for key in raw if key not in ("defaults", "topics")]
    overrides = {"partitions": partitions, "replication": replication}
    given = {key: value for key, value in overrides.items() if value is not None}
    defaults = _table(raw, "defaults", "defaults", problems)
    problems += [f"defaults.{key} is unknown." for key in defaults if key not in overrides]
    defaults = {key: value for key, value in defaults.items() if key in overrides}
    tables = _table(raw, "topics", "topics", problems)
    problems += [f"topics.{name} is missing." for name in DIRECTIONS if name not in tables]

    specs: dict[str, TopicSpec] = {}
    for name in tables:
        own = _table(tables, name, f"topics.{name}", problems)
        specs[name] = _spec(name, prefix, {**defaults, **own, **given}, retention_ms, problems)
    if "keyed" in specs and "state" in specs and specs["keyed"].partitions != specs["state"].partitions:
        problems.append("keyed and state must have the same number of partitions: partition n of one belongs to the other.")
    if problems:
        raise TopicSpecError(problems)
    return specs


def _spec(name: str, prefix: str, table: Mapping[str, object], retention_ms: int | None, problems: list[str]) -> TopicSpec:
    at = f"topics.{name}"
    full_name = prefix + name
    if not LEGAL_NAME.fullmatch(full_name) or full_name in (".", ".."):
        problems.append(f"{full_name!r} is no legal topic name: 1 to 249 letters, digits, dots, underscores and hyphens.")
    problems += [f"{at}.{key} is unknown." for key in table if key not in ("direction", "partitions", "replication", "config")]
    direction = table.get("direction")
    expected = DIRECTIONS.get(name)
    if direction not in get_args(Direction):
        problems.append(f'{at}.direction must be "in", "out" or "internal", not {direction!r}.')
    elif expected is not None and direction != expected:
        problems.append(f'{at}.direction must be "{expected}": the contract says so.')
    if name in ORDERED:
        table = {**table, "partitions": 1}
    replication = _count(table, "replication", at, problems)
    if replication > REPLICATION_MAX:
        problems.append(f"{at}.replication must be at most {REPLICATION_MAX}.")
    config = _config(_table(table, "config", f"{at}.config", problems), f"{at}.config", problems)
    if retention_ms is not None and "retention.ms" in config:
        config["retention.ms"] = str(retention_ms)
    if replication >= 3:
        config.setdefault("min.insync.replicas", str(replication - 1))
    partitions = _count(table, "partitions", at, problems)
    return TopicSpec(full_name, cast("Direction", direction), partitions, replication, MappingProxyType(config))


def _table(raw: Mapping[str, object], key: str, at: str, problems: list[str]) -> Mapping[str, object]:
    value = raw.get(key, {})
    if isinstance(value, Mapping):
        return cast("Mapping[str, object]", value)
    problems.append(f"{at} must be a table, not {value!r}.")
    return {}


def _count(table: Mapping[str, object], key: str, at: str, problems: list[str]) -> int:
    value = table.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return value
    problems.append(f"{at}.{key} must be a whole number, 1 or more, not {value!r}.")
    return 1


def _config(table: Mapping[str, object], at: str, problems: list[str]) -> dict[str, str]:
    """Return the settings as Kafka prints them: `true`, not `True`."""
    config: dict[str, str] = {}
    for key, value in table.items():
        if isinstance(value, bool):
            config[key] = str(value).lower()
        elif isinstance(value, str | int | float):
            config[key] = str(value)
        else:
            problems.append(f"{at}.{key!r} must be a string, a number or a truth value, not {value!r}.")
    return config
