"""The source that our transport replaces or leans on, held by its hashes.

The transport reaches into private parts of two libraries. A new version of either may change them without a word, and
the damage would be lost or repeated records, not an exception. So the worker compares the sources before it starts.
After an upgrade: read what changed in each method named by the error, adapt the transport, run its tests on a real
broker, and replace the table by what `fingerprints()` returns.
"""

import hashlib
import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path

_DIGITS = 16  # of the SHA-256: enough to see an accident, and no attacker gains by a match

EXPECTED: Mapping[str, str] = {
    "faust.transport.consumer:Consumer.ack": "5fcf41cf45153475",
    "faust.transport.consumer:Consumer.track_message": "217d7f1399a4cd8e",
    "faust.transport.consumer:Consumer.wait_empty": "e4662fe24f094819",
    "faust.transport.consumer:Consumer.commit": "a354437baaa08bf8",
    "faust.transport.consumer:Consumer.maybe_wait_for_commit_to_finish": "d687f63a0b5ef0c5",
    "faust.transport.consumer:Consumer.force_commit": "cc094614d22c70fb",
    "faust.transport.consumer:Consumer.commit_and_end_transactions": "892377824b11a2ee",
    "faust.transport.consumer:Consumer._commit_tps": "a20e230b05ae8b15",
    "faust.transport.consumer:Consumer._filter_committable_offsets": "dc5e9baf5d994485",
    "faust.transport.consumer:Consumer._filter_tps_with_pending_acks": "f6f9239774234e7e",
    "faust.transport.consumer:Consumer._commit_offsets": "1a69799041188441",
    "faust.transport.consumer:Consumer._should_commit": "5ce941793947ad42",
    "faust.transport.consumer:Consumer._new_offset": "1d2c7ea89a7ad4f1",
    "faust.transport.consumer:Consumer._drain_messages": "44a2500309e83c63",
    "faust.transport.consumer:Consumer._wait_next_records": "6218e1969a636b3f",
    "faust.transport.consumer:Consumer.getmany": "4b168d84882a70d6",
    "faust.transport.consumer:Consumer.perform_seek": "0e8c130ff4b0afd8",
    "faust.transport.consumer:Consumer.stop_flow": "cf7e875a2b0d40e8",
    "faust.transport.consumer:Consumer.resume_flow": "db59630f25b5819b",
    "faust.transport.consumer:Consumer.on_partitions_revoked": "d04b7ae72c6fc206",
    "faust.transport.consumer:Consumer.on_partitions_assigned": "29ce96596f05a18c",
    "faust.transport.consumer:Consumer.on_stop": "45b1d2210ce2b526",
    "faust.transport.consumer:Fetcher": "c922e4ab78d9e296",
    "faust.transport.consumer:ThreadDelegateConsumer": "a1b934b198fae1c0",
    "faust.transport.consumer:ConsumerThread.on_partitions_assigned": "e59e8dda43724bd4",
    "faust.transport.drivers.aiokafka:Consumer": "959f899e8ebfdd56",
    "faust.transport.drivers.aiokafka:ConsumerRebalanceListener": "f3d04f29dfb3f716",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.on_start": "38b4e8bd1e10723a",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._create_worker_consumer": "c2701bfc3e6f6cad",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.seek_to_committed": "775ab0adc4b052ab",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._commit": "932852ce7a23f658",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread.getmany": "26fc5fc9f3b667e1",
    "faust.transport.drivers.aiokafka:AIOKafkaConsumerThread._fetch_records": "39a2c6c79fc1455a",
    "faust.transport.drivers.aiokafka:Producer._settings_extra": "a4c7bc41b6382223",
    "faust.transport.drivers.aiokafka:Producer._settings_default": "9c39987fb719e984",
    "faust.transport.drivers.aiokafka:Producer._new_producer": "e72355c3430ed02f",
    "faust.transport.conductor:ConductorCompiler.build": "837cf521368c1ee4",
    "faust.transport.conductor:Conductor._compile_message_handler": "9fbc0538097aa4ec",
    "faust.transport.conductor:Conductor._update_tp_index": "e8e3ac9025ef44f7",
    "faust.app.base:App._on_partitions_revoked": "d5c895bbe57dc73a",
    "faust.app.base:App._on_partitions_assigned": "de932b7927db85b3",
    "faust.app.base:App._stop_consumer": "55854a5de12c3f52",
    "faust.app.base:App._new_transport": "42db531312dd776f",
    "faust.app.base:App._new_producer_transport": "eb3b4aa6a8961275",
    "faust.app.base:App.create_event": "15fea3d1e95e6625",
    "faust.tables.recovery:Recovery._resume_streams": "d986a6710c1aca98",
    "faust.topics:Topic._compile_decode": "6474178f8c211c05",
    "faust.topics:Topic._clone_args": "3b27dccaa673fe39",
    "faust.streams:Stream._c_aiter": "fa44582a5882e9df",
    "faust.streams:Stream._py_aiter": "3a48ee257a65435b",
    "faust._cython:streams.pyx": "0041622f4a251188",
    "faust.types.tuples:Message": "e8c4626e99192f7e",
    "faust.types.tuples:ConsumerMessage": "5edc45d571eb42a2",
    "faust.events:Event.ack": "2d29a6eda87c4ce5",
    "aiokafka.consumer.fetcher:FetchResult": "d7db13f06de8248c",
    "aiokafka.consumer.fetcher:PartitionRecords": "94aa0da0dbec8d1b",
    "aiokafka.consumer.fetcher:Fetcher.fetched_records": "be4348896b9b66af",
    "aiokafka.consumer.fetcher:Fetcher.seek_to": "f0ba6aba6c22ef83",
    "aiokafka.consumer.fetcher:Fetcher._get_actions_per_node": "1dab2cf937d165d0",
    "aiokafka.consumer.consumer:AIOKafkaConsumer.seek_to_committed": "f6cd85c8b70a4ccf",
    "aiokafka.consumer.subscription_state:TopicPartitionState": "2b83334afadf6d98",
    "aiokafka.consumer.group_coordinator:GroupCoordinator.ensure_active_group": "33c84c1a93012e81",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._on_join_prepare": "4d9524afc0ee2c2f",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._on_join_complete": "0b0b3d204b408f3c",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._do_heartbeat": "dc1d6632aaa68e96",
    "aiokafka.consumer.group_coordinator:GroupCoordinator._heartbeat_routine": "61d01028952239d0",
    "aiokafka.producer.producer:AIOKafkaProducer.create_batch": "c4efda4bb7a09741",
    "aiokafka.producer.producer:AIOKafkaProducer.send_batch": "bf42b0f0c5c0646d",
    "aiokafka.producer.message_accumulator:BatchBuilder": "8050802ca7514186",
    "aiokafka.producer.message_accumulator:MessageAccumulator.add_batch": "5ed1c5b1367ad854",
}


class UpstreamChangedError(RuntimeError):
    """An installed library is not the one that the transport was written for: ours to solve, by an upgrade of code."""


def check_upstream(expected: Mapping[str, str] = EXPECTED) -> None:
    """Return if every source in the table is unchanged.

    Errors: UpstreamChangedError naming each that differs or is gone.
    """
    found = fingerprints(expected)
    if changed := [name for name, digest in expected.items() if found[name] != digest]:
        raise UpstreamChangedError(
            "the batch transport was written for other sources of: " + ", ".join(changed) + "; see stream/upstream.py"
        )


def fingerprints(names: Mapping[str, str] = EXPECTED) -> dict[str, str]:
    """Return the hash of each named source, "gone" if there is none.

    A name is module:qualified.name, or package:file.pyx.
    """
    return {name: _fingerprint(*name.split(":")) for name in names}


def _fingerprint(module_name: str, path: str) -> str:
    try:
        module = importlib.import_module(module_name)
        if path.endswith(".pyx"):
            source = (Path(str(module.__file__)).parent / path).read_text(encoding="utf-8")
        else:
            found = module
            for part in path.split("."):
                found = getattr(found, part)
            source = inspect.getsource(found)
    except (ImportError, AttributeError, OSError):
        return "gone"
    return hashlib.sha256(source.encode()).hexdigest()[:_DIGITS]
