"""Settings of a worker: one frozen value, read once from a TOML file and the environment, all problems reported at once.

What is judged stands in the policy (`deploy/policy.toml`); here stands how the program runs. An environment variable is the
setting's name in capitals behind `GOLDENHOUR_`; it wins over the file.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from connectors.cluster import Cluster, Mechanism
from stream.kafka_security import cluster_of, security_problems

PREFIX = "GOLDENHOUR_"
DEPLOY = Path(__file__).resolve().parent.parent / "deploy"

SECRETS = frozenset({"sasl_password"})
"""Settings whose values are shown to nobody."""
MASK = "***"
PLAIN = {
    "security_protocol": "PLAINTEXT",
    "sasl_username": "",
    "sasl_password": "",
    "sasl_password_file": "",
    "tls_ca_file": "",
    "tls_certificate_file": "",
    "tls_key_file": "",
    "tls_key_password_file": "",
}
"""The settings of a broker of our own on this machine, whatever the environment says of another."""

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class SettingsError(Exception):
    """Settings that cannot be used. problems: one sentence each, naming the setting and where it came from."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the list; the text joins it."""
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a worker runs.

    bootstrap: Kafka brokers, "host:port", several joined by commas. application_id: consumer group. instance_id: a name that stays
    with the worker, so that its restart moves no partition; "" for none. topic_prefix: before every topic name.
    shadow_prefix: behind it, before the names of internal and output topics: a shadow's alone (`goldenhour shadow run`).
    policy_overlay_file: sections laid over the policy file's, "" for none. policy_from: "topic": what `goldenhour policy apply` put
    in force wins over the file, which counts while the topic is empty; "file": the topic is not read.
    country: whose pack in countries_folder completes a policy file.
    partitions: of `keyed` and `state`, must equal the topics'. transport: "batch", or "stock" for Faust's own way.
    scores: whether to publish a score per transaction. cloud_events: whether alerts, freeze requests, traces and dead letters bear
    the headers of a CloudEvent. isolate: detectors that may fail without stopping the worker, by comma.
    own_bics: of `ingest` and `recall`: this bank's, by comma. message_zone: of `ingest`: of times in messages that tell none.
    http_host, http_port: metrics and health; port 0 takes a free one. slice_records_max: events worked on between two looks at the
    event loop. align_wait_s: how long a lagging source partition may hold back the others. drain_s: deadline of a SIGTERM.
    log_format: of what commands log: "text", or "json" with one object per line.
    session_timeout_s: brokers refuse less than 6 by default. record_bytes_max: a record must fit one batch on its way.
    stall_s: no progress in a partition in spite of lag for so long is unhealthy; after stall_exit_s the worker ends itself.
    recovery_s: loading state for longer is unhealthy. tick_after_s: how long after a deadline in a silent partition a record from
    before it may still be under way; then the worker tells the partition that time has passed.
    token_key_file: of a gateway: the key by which card and account numbers become tokens, at least 32 random bytes, the same for
    every gateway.
    security_protocol: how to speak with the brokers: SSL is TLS without a login (or with a client's certificate), SASL_SSL TLS with
    one. sasl_*: the login; the password in a file of one line, or here. tls_ca_file: whose certificates to trust, PEM, instead of
    the system's. tls_certificate_file, tls_key_file, tls_key_password_file: our own, where the brokers ask for one.
    """

    bootstrap: Annotated[str, Meta(min_length=3)] = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    sasl_username: str = ""
    sasl_password: str = ""
    sasl_password_file: str = ""
    tls_ca_file: str = ""
    tls_certificate_file: str = ""
    tls_key_file: str = ""
    tls_key_password_file: str = ""
    application_id: Annotated[str, Meta(min_length=1)] = "goldenhour"
    instance_id: str = ""
    topic_prefix: str = ""
    shadow_prefix: str = ""
    partitions: Count = 4
    policy_file: str = str(DEPLOY / "policy.toml")
    policy_overlay_file: str = ""
    policy_from: Literal["topic", "file"] = "topic"
    country: Annotated[str, Meta(pattern="^[a-z]{2}$")] = "cn"
    countries_folder: str = str(DEPLOY / "countries")
    topics_file: str = str(DEPLOY / "topics.toml")
    transport: Literal["batch", "stock"] = "batch"
    scores: bool = False
    cloud_events: bool = True
    isolate: str = ""
    own_bics: str = ""
    message_zone: str = "+08:00"
    log_format: Literal["text", "json"] = "text"
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Meta(ge=0, le=65_535)] = 9108
    record_bytes_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 65_536
    future_skew_s: Annotated[int, Meta(ge=0)] = 300
    slice_records_max: Count = 2_000
    held_records_max: Count = 20_000
    held_bundles_max: Count = 512
    writes_in_flight_max: Count = 12
    align_wait_s: Seconds = 5.0
    session_timeout_s: Annotated[float, Meta(ge=6)] = 10.0
    commit_interval_s: Seconds = 1.0
    write_timeout_s: Seconds = 30.0
    drain_s: Seconds = 20.0
    stall_s: Seconds = 30.0
    stall_exit_s: Seconds = 60.0
    recovery_s: Seconds = 600.0
    tick_after_s: Seconds = 5.0
    live_profiles_max: Count = 20_000
    token_key_file: str = ""

    @property
    def isolated(self) -> frozenset[str]:
        """Return the names in `isolate`."""
        return frozenset(filter(None, (name.strip() for name in self.isolate.split(","))))

    @property
    def cluster(self) -> Cluster:
        """Return the brokers with TLS and login, for whatever connects. Reads the files anew: ask once, and hand it on."""
        return cluster_of(self)

    def shown(self) -> dict[str, Any]:
        """Return all settings as they may be shown to anyone: passwords masked."""
        values = msgspec.structs.asdict(self)
        return values | {name: MASK for name in SECRETS if values[name]}

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.shown().items())})"


def load_settings(environ: Mapping[str, str], file: Path | None = None, **given: Any) -> Settings:
    """Return the settings from a file (if any), the environment and what a command line gave (None: not given).

    Errors: SettingsError with every problem found.
    """
    problems: list[str] = []
    raw: dict[str, tuple[str, Any]] = {}
    if file is not None:
        try:
            raw |= {name: (str(file), value) for name, value in tomllib.loads(file.read_text("utf-8")).items()}
        except (OSError, tomllib.TOMLDecodeError) as error:
            problems.append(f"{file}: {error}")
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and variable not in _NOT_SETTINGS:
            raw[variable.removeprefix(PREFIX).lower()] = (variable, value)
    raw |= {name: ("command line", value) for name, value in given.items() if value is not None}
    types = {field.name: field.type for field in msgspec.structs.fields(Settings)}
    values: dict[str, Any] = {}
    for name, (origin, value) in raw.items():
        if name not in types:
            problems.append(f"{origin}: {name} is not a setting; `goldenhour settings` lists them")
            continue
        try:
            values[name] = msgspec.convert(value, types[name], strict=False)
        except msgspec.ValidationError as error:
            problems.append(f"{origin}: {name}: {error}")
    settings = Settings(**values)
    if "security_protocol" in values or "security_protocol" not in raw:  # else the rest cannot be judged
        problems += security_problems(settings)
    if problems:
        raise SettingsError(sorted(problems))
    return settings


_NOT_SETTINGS = frozenset({PREFIX + "CACHE", PREFIX + "DESK_USERS", PREFIX + "NATIVE", PREFIX + "SETTINGS"})


def read_toml(path: str) -> dict[str, Any]:
    """Return a parsed TOML file.

    Errors: SettingsError naming the file.
    """
    try:
        return tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path}: {error}"]) from error
