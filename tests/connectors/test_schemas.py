"""The published JSON Schemas are current, are schemas, and say what the codec does."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator, ValidationError

from connectors.contract_json import decode, encode
from connectors.errors import DecodeError
from connectors.schemas import rendered, schemas, write_schemas
from models.policy import PolicyError
from models.records import Record
from models.rulebook import build_rulebook
from tests.bank import policy_mapping
from tests.record_strategies import ANY_RECORD, TOPICS

PUBLISHED = Path(__file__).parents[2] / "deploy" / "schemas"
EXAMPLES = (PUBLISHED / "examples.jsonl").read_bytes().splitlines()
VALIDATORS = {topic: Draft202012Validator(schemas()[f"{topic.removesuffix('s')}.schema.json"]) for topic in TOPICS}


def example(number: int, **changes: Any) -> dict[str, Any]:
    """Return an example of the contract with some members changed; None takes a member out."""
    document = json.loads(EXAMPLES[number]) | changes
    return {name: value for name, value in document.items() if value is not None}


def test_the_published_schemas_are_those_of_the_classes() -> None:
    """Run `goldenhour schemas` to write them anew."""
    published = {path.name: path.read_text(encoding="utf-8") for path in PUBLISHED.glob("*.schema.json")}
    assert published == {name: rendered(schema) for name, schema in schemas().items()}


def test_writing_the_schemas_gives_one_file_for_each_topic(tmp_path: Path) -> None:
    paths = write_schemas(tmp_path / "new")
    assert sorted(path.name for path in paths) == sorted(schemas())
    assert len(paths) == len(TOPICS) + 1, "and one of the policy file"
    assert all(path.read_text(encoding="utf-8") == rendered(schemas()[path.name]) for path in paths)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_valid_json_schema_2020_12(name: str) -> None:
    schema = schemas()[name]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_says_left_out_and_never_null(name: str) -> None:
    assert "null" not in rendered(schemas()[name])


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_validate(line: bytes) -> None:
    document = json.loads(line)
    VALIDATORS[document.get("topic", "transactions")].validate(document)


POLICY_FILE = Draft202012Validator(schemas()["policy-file.schema.json"])


def test_the_shipped_policy_validates() -> None:
    POLICY_FILE.validate(policy_mapping())


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("bounds", "lateness_s", None),
        ("bounds", "latenes_s", {"value": 600, "reason": "for this test"}),
        ("bounds", "lateness_s", 600),
        ("bounds", "lateness_s", {"value": 600}),
        ("bounds", "lateness_s", {"value": 600, "reason": " "}),
        ("bounds", "lateness_s", {"value": -1, "reason": "for this test"}),
        ("bounds", "lateness_s", {"value": "long", "reason": "for this test"}),
        ("fusion", "explained_share", {"value": 1.5, "reason": "for this test"}),
        ("detectors", "no_such", {}),
    ],
)
def test_the_schema_of_the_policy_and_the_program_refuse_the_same(section: str, key: str, value: Any) -> None:
    policy = policy_mapping()
    policy[section].pop(key, None)
    if value is not None:
        policy[section][key] = value
    with pytest.raises(ValidationError):
        POLICY_FILE.validate(policy)
    with pytest.raises(PolicyError):
        build_rulebook(policy)


@given(ANY_RECORD)
def test_whatever_the_codec_writes_validates(case: tuple[str, Record]) -> None:
    topic, record = case
    VALIDATORS[topic].validate(json.loads(encode(record)))


@pytest.mark.parametrize(
    ("topic", "document"),
    [
        ("transactions", example(0, payee=None)),
        ("transactions", example(1, payer=None)),
        ("transactions", example(2, payee=None)),
        ("transactions", example(1, terminal=None)),
        ("transactions", example(0, status="REVERSED")),
        ("transactions", example(1, channel="MOBILE")),
        ("transactions", example(0, payer={"account": "a-771", "name_match": "NO"})),
        ("transactions", example(0, amount_minor=-1)),
        ("transactions", example(0, amount_minor=10**15 + 1)),
        ("transactions", example(0, event_time="2026-03-02T09:14:05")),
        ("transactions", example(0, event_time="2026-03-02T09:14:05.1234567Z")),
        ("transactions", example(0, kind="GIFT")),
        ("transactions", example(0, event_id="")),
        ("account-events", example(3, account=None)),
        ("victim-reports", example(4, transfers=[])),
        ("victim-reports", example(4, transfers=[{"payer_account": "a", "amount_minor": 1, "paid_at": "2026-03-02T09:14:05Z"}])),
        ("dispositions", example(5, event_id=None)),
        ("dispositions", example(5, alert_id="al1")),
        ("case-controls", example(6, until=None)),
        ("case-controls", example(6, action="FORGET")),
    ],
)
def test_schema_and_codec_refuse_the_same_faults(topic: str, document: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VALIDATORS[topic].validate(document)
    with pytest.raises(DecodeError):
        decode(topic, json.dumps(document).encode())
