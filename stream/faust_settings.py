"""The settings under which Faust runs here, each with its reason. Not the operator's: they belong to the transport."""

from typing import Any

from faust.auth import Credentials, SASLCredentials, SSLCredentials

from connectors.cluster import Cluster, Where, cluster_at

STATE_BATCH_BYTES_MAX = 31 << 19
"""One batch of states before compression, 15.5 MiB; the topic's max.message.bytes, 16 MiB, must allow it. A slice stays below it
whatever it works on: the bound of a slice, one bundle behind it (tests/stream/test_worst_case.py), and what is saved again."""
SESSION_TIMEOUT_S = 10.0
REBALANCE_TIMEOUT_S = 30.0  # how long a rebalance waits for members that finish their batches; joining members send no heartbeat


def faust_settings(
    where: Where,
    *,
    instance_id: str | None = None,
    session_timeout_s: float = SESSION_TIMEOUT_S,
    commit_interval_s: float = 1.0,
) -> dict[str, Any]:
    """Return the keyword settings of `faust.App` beside its id.

    where: the cluster, or the addresses of a plain one.
    instance_id: a name that stays with the worker, so that its restart within the session timeout moves nothing.
    session_timeout_s: how long the partitions of a dead worker lie idle.

    No table may be added to the app: a table brings Faust's own assignor, without one it is aiokafka's round robin.
    """
    cluster = cluster_at(where)
    settings = {
        "broker": [f"kafka://{host}" for host in cluster.bootstrap.split(",")],
        "processing_guarantee": "at_least_once",  # exact by the positions in the state; see store.py
        "consumer_auto_offset_reset": "earliest",
        "stream_wait_empty": True,  # batches in progress are finished and committed before partitions go
        "stream_recovery_delay": 0.0,
        "table_standby_replicas": 0,
        "broker_commit_interval": commit_interval_s,
        "broker_session_timeout": session_timeout_s,
        "broker_heartbeat_interval": min(1.0, session_timeout_s / 5),
        "broker_rebalance_timeout": REBALANCE_TIMEOUT_S,
        "broker_max_poll_interval": 60.0,
        "producer_acks": -1,
        "producer_compression_type": "zstd",
        "producer_linger": 0.0,
        "producer_request_timeout": 30.0,
        "producer_max_batch_size": STATE_BATCH_BYTES_MAX + (64 << 10),
        "producer_max_request_size": STATE_BATCH_BYTES_MAX + (64 << 10),
        "topic_allow_declare": False,  # `goldenhour topics` makes them, exactly
        "topic_disable_leader": True,
        "web_enabled": False,
    }
    if instance_id is not None:
        settings["consumer_group_instance_id"] = instance_id
    if cluster.tls is not None:
        settings["broker_credentials"] = faust_credentials(cluster)
    return settings


def faust_credentials(cluster: Cluster) -> Credentials:
    """Return what Faust connects to a cluster behind TLS with."""
    if cluster.login is None:
        return SSLCredentials(cluster.tls)
    login = cluster.login
    return SASLCredentials(username=login.username, password=login.password, mechanism=login.mechanism, ssl_context=cluster.tls)
