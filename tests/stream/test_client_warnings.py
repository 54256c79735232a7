import logging

from stream.client_warnings import ComplaintCounter
from stream.metrics import build_metrics


def test_what_the_client_complains_of_is_counted_by_level_and_what_it_tells_is_not() -> None:
    metrics = build_metrics()
    client = logging.getLogger("tests.client_warnings")
    client.propagate = False
    client.setLevel(logging.INFO)
    client.addHandler(ComplaintCounter(metrics.client_warnings))
    for say in (client.info, client.warning, client.warning, client.error, client.critical):
        say("a broker at 10.0.0.1 is away")
    counted = {
        level: metrics.registry.get_sample_value("goldenhour_client_warnings_total", {"level": level})
        for level in ("warning", "error")
    }
    assert counted == {"warning": 2, "error": 2}
