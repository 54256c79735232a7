import logging

import pytest

from stream.client_warnings import ComplaintCounter
from stream.logs import listen_to, set_up_logs
from stream.metrics import build_metrics


@pytest.mark.parametrize("is_verbose", [False, True])
def test_what_the_client_complains_of_is_counted_by_level_whether_it_is_shown_or_not(*, is_verbose: bool) -> None:
    metrics, client = build_metrics(), logging.getLogger("aiokafka.some.module")
    counter = ComplaintCounter(metrics.client_warnings)
    set_up_logs("text", is_verbose=is_verbose)
    listen_to("aiokafka", counter)
    try:
        for say in (client.info, client.warning, client.warning, client.error, client.critical):
            say("a broker at 10.0.0.1 is away")
    finally:
        logging.getLogger("aiokafka").removeHandler(counter)
    counted = {
        level: metrics.registry.get_sample_value("goldenhour_client_warnings_total", {"level": level})
        for level in ("warning", "error")
    }
    assert counted == {"warning": 2, "error": 2}
