"""What holds of any bytes given to any connector; the contract suite and the fuzzer ask the same."""

import re

from connectors.connector import Connector, WritingConnector
from connectors.contract_json import decode, encode
from connectors.errors import ERROR_CODES, DecodeError
from models.records import InputRecord
from tests.connectors.golden import TOPIC_OF


def check_any_bytes(connector: Connector, raw: bytes) -> None:
    """Records that the worker takes as they are, or an error that says where and shows no number; what was read can be written."""
    found = _decoded(connector, raw)
    if isinstance(found, DecodeError):
        assert found.code in ERROR_CODES
        assert found.field
        assert found.position is not None
        assert 0 <= found.position <= len(raw)
        assert found.reason
        assert not re.search(r"\d{6,}", str(found))
    else:
        for record in found:
            assert decode(TOPIC_OF[type(record)], encode(record)) == record
    if isinstance(connector, WritingConnector):
        check_round_trip(connector, raw)


def _decoded(connector: Connector, raw: bytes) -> DecodeError | list[InputRecord]:
    try:
        return list(connector.decode(raw))
    except DecodeError as error:
        return error


def check_round_trip(connector: WritingConnector, raw: bytes) -> None:
    """What was read and written reads the same."""
    try:
        message = connector.read(raw)
    except DecodeError:
        return
    assert connector.read(connector.write(message)) == message
