"""The transport starts only on the libraries it was written for."""

import pytest

from stream.upstream import EXPECTED, UpstreamChangedError, check_upstream, fingerprints


@pytest.mark.parametrize("name", EXPECTED)
def test_this_source_is_the_one_the_transport_was_written_for(name: str) -> None:
    assert fingerprints({name: ""})[name] == EXPECTED[name]


def test_a_changed_source_is_named() -> None:
    name = "faust.transport.consumer:Consumer.ack"
    with pytest.raises(UpstreamChangedError, match=name):
        check_upstream({**EXPECTED, name: "0" * 16})


def test_a_source_that_is_gone_is_named() -> None:
    with pytest.raises(UpstreamChangedError, match=r"Consumer\.no_longer_there"):
        check_upstream({"faust.transport.consumer:Consumer.no_longer_there": "0" * 16})


def test_a_module_that_is_gone_is_named() -> None:
    with pytest.raises(UpstreamChangedError, match="no_such_module"):
        check_upstream({"faust.no_such_module:thing": "0" * 16})
