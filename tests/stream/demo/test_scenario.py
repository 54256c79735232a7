"""The day the demo plays, and the files that tell about it."""

from pathlib import Path

from connectors.labels import read_labels
from connectors.replay_files import read
from stream.demo.scenario import PROMISED, STORIES, make_scenario, write_scenario
from stream.simulator.stories import STORIES as PLANTABLE

SCENARIO = make_scenario(7, 60, 1)


def test_the_same_seed_gives_the_same_day() -> None:
    again = make_scenario(7, 60, 1)
    assert (again.history, again.day) == (SCENARIO.history, SCENARIO.day)
    assert make_scenario(8, 60, 1).day != SCENARIO.day


def test_history_ends_where_the_day_begins() -> None:
    assert max(message.arrival_us for message in SCENARIO.history) < SCENARIO.bank.day_us
    assert min(message.arrival_us for message in SCENARIO.day) >= SCENARIO.bank.day_us


def test_one_fraud_of_each_kind_is_planted_and_what_is_promised_is_among_them() -> None:
    assert len(SCENARIO.bank.stories) == len(STORIES) == len(PLANTABLE)
    assert set(PLANTABLE) == set(STORIES) > PROMISED


def test_the_replay_file_holds_every_record_that_has_content_at_its_time_of_arrival(tmp_path: Path) -> None:
    write_scenario(SCENARIO, tmp_path)
    sent = [message for message in (*SCENARIO.history, *SCENARIO.day) if message.value.strip()]
    lines = list(read([tmp_path / "day.jsonl"]))
    assert [(line.topic, line.arrival_ms) for line in lines] == [(sent_.topic, sent_.arrival_us // 1_000) for sent_ in sent]


def test_the_label_file_names_the_frauds(tmp_path: Path) -> None:
    write_scenario(SCENARIO, tmp_path)
    labels = read_labels(tmp_path / "labels.csv")
    assert set(labels.case_of.values()) == {story.story for story in SCENARIO.bank.stories}


def test_the_prevalence_is_that_of_the_day_alone() -> None:
    assert SCENARIO.day_prevalence > SCENARIO.bank.prevalence
