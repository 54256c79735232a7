"""What is told of fields that detectors need is what the stories of frauds show."""

from tests.connectors.field_needs import FILE, PAGE, measured, page

AGAIN = "python -m tests.connectors.field_needs writes both files anew"


def test_the_needs_of_the_detectors_are_those_of_their_stories() -> None:
    assert FILE.read_text("utf-8") == measured(), AGAIN


def test_the_page_tells_what_each_connector_gives() -> None:
    assert PAGE.read_text("utf-8") == page(), AGAIN
