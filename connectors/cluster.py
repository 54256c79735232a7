"""Where a Kafka cluster is and how to speak with it: made once from the settings, turned into each client's own arguments here.

Every Kafka client of the product is made with `**aiokafka_arguments(where)` or `**kafka_python_arguments(where)`, never with
`bootstrap_servers=`; `tests/test_tidy.py` finds those that are not. Faust's form is `stream.faust_settings.faust_credentials`.
A plain "host:port" is a cluster without TLS and login.
"""

import ssl
from dataclasses import dataclass, field
from typing import Any, Literal

Mechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


@dataclass(frozen=True, slots=True)
class Login:
    """Whom the cluster shall know us as. mechanism: how the password is proven; PLAIN shows it to the broker, behind TLS."""

    username: str
    password: str = field(repr=False)
    mechanism: Mechanism = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster. bootstrap: "host:port", several joined by commas. tls: None for plain text. login: only behind TLS.

    As text it is its addresses, for error messages.
    Errors: ValueError for a login without TLS: transactions and passwords would be readable on the way.
    """

    bootstrap: str
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    login: Login | None = None

    def __post_init__(self) -> None:
        if self.login is not None and self.tls is None:
            raise ValueError("a login needs TLS")

    def __str__(self) -> str:
        return self.bootstrap

    @property
    def security_protocol(self) -> str:
        """Return Kafka's name of what is spoken."""
        if self.tls is None:
            return "PLAINTEXT"
        return "SSL" if self.login is None else "SASL_SSL"


Where = Cluster | str
"""What functions that connect take: a cluster, or the addresses of a plain one."""


def cluster_at(where: Where) -> Cluster:
    """Return the cluster; of plain addresses, one without TLS and login.

    >>> cluster_at("kafka:9092").security_protocol
    'PLAINTEXT'
    """
    return Cluster(where) if isinstance(where, str) else where


def aiokafka_arguments(where: Where) -> dict[str, Any]:
    """Return the keyword arguments that tell an aiokafka consumer, producer or admin client where and how to connect.

    >>> aiokafka_arguments("a:9092,b:9092")
    {'bootstrap_servers': 'a:9092,b:9092'}
    """
    return {"bootstrap_servers": cluster_at(where).bootstrap} | _security(cluster_at(where))


def kafka_python_arguments(where: Where) -> dict[str, Any]:
    """Return the same for kafka-python.

    >>> kafka_python_arguments("a:9092,b:9092")
    {'bootstrap_servers': ['a:9092', 'b:9092']}
    """
    return {"bootstrap_servers": cluster_at(where).bootstrap.split(",")} | _security(cluster_at(where))


def _security(cluster: Cluster) -> dict[str, Any]:
    """Return what both clients name alike; nothing for a plain cluster, so that a client's own defaults stand."""
    if cluster.tls is None:
        return {}
    found: dict[str, Any] = {"security_protocol": cluster.security_protocol, "ssl_context": cluster.tls}
    if cluster.login is not None:
        found |= {
            "sasl_mechanism": cluster.login.mechanism,
            "sasl_plain_username": cluster.login.username,
            "sasl_plain_password": cluster.login.password,
        }
    return found
