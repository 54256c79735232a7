"""A layout is data: what a bank may state, and that every mistake in it is told."""

from pathlib import Path

import pytest

from connectors.iso8583.layout import LayoutError, builtin_layouts, load_layout, parse_layout
from tests.connectors.iso8583.messages import adapted


def problem(text: str, base: str = "iso87_ascii") -> str:
    with pytest.raises(LayoutError) as refused:
        adapted(text, base)
    return str(refused.value)


@pytest.mark.parametrize("name", builtin_layouts())
def test_every_shipped_layout_loads_and_says_what_it_is(name: str) -> None:
    layout = load_layout(name)
    assert layout.name == name
    assert layout.file.about


def test_a_bank_states_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "our_switch.toml"
    path.write_text('extends = "iso87_binary"\n[fields]\n48 = "b...999"\n[times]\ntransmission = "+08:00"\n', "utf-8")
    layout, base = load_layout(str(path)), load_layout("iso87_binary")
    assert layout.name == "our_switch"
    assert layout.fields[48].kind == "b"
    assert {number: field for number, field in layout.fields.items() if number != 48} == {
        number: field for number, field in base.fields.items() if number != 48
    }
    assert (layout.file.times.transmission, layout.file.times.local) == ("+08:00", "+08:00")
    assert layout.file.encoding == base.file.encoding


def test_a_code_the_bank_gives_another_meaning_has_only_that(tmp_path: Path) -> None:
    layout = adapted('[kinds]\n"01" = { kind = "PURCHASE", channel = "POS" }')
    assert layout.file.kinds["01"].kind == "PURCHASE"
    assert layout.file.kinds["00"].kind == "PURCHASE"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[fields]\n48 = 'n999'\n[fields2]", "fields2"),
        ("[fields]\n48 = 'x..8'", r"fields.48: not in the standard's notation"),
        ("[fields]\n48 = 'n..200'", "fields.48"),
        ("[fields]\n48 = 'x+n7'", "fields.48"),
        ("[fields]\n1 = 'n6'", "fields.1: a data element is a number from 2 to 128"),
        ("[fields]\n65 = 'b8'", "fields.65"),
        ("[fields]\n129 = 'n6'", "fields.129"),
        ("[fields]\n4 = 'ans12'", "fields.4: must be n12"),
        ("[framing]\nbytes = 3", "bytes"),
        ("[encoding]\ndigits = 'ebcdic'", "digits"),
        ("[messages]\n'0200' = 'question'", "messages"),
        ("[messages]\n'0890' = 'network'", "messages.0890"),
        ("[kinds]\n'50' = { kind = 'GIFT', channel = 'POS' }", "kind"),
        ("[kinds]\n'31' = { kind = 'PURCHASE', channel = 'POS' }", "the code 31 has a kind and is unused as well"),
        ("[times]\nlocal = 'Asia/Shanghai'", "local"),
        ("[bank]\ncard_prefixes = ['62x']", "card_prefixes"),
        ("[answers]\napproved = []", "approved"),
        ("edition = 2003", "edition"),
        ("[framing", "TOML|Expected"),
    ],
)
def test_a_mistake_is_told_with_its_key(text: str, told: str) -> None:
    import re

    said = problem(text)
    assert said.startswith("layout bank")
    assert re.search(told, said)


def test_several_mistakes_are_told_at_once() -> None:
    assert len(problem("[fields]\n48 = '?'\n200 = 'n6'\n4 = 'n10'").splitlines()) == 3


def test_a_layout_nobody_knows_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="iso87_ascii, iso87_binary, iso93"):
        load_layout("iso2003")
    with pytest.raises(LayoutError, match="cannot be read"):
        load_layout(str(tmp_path / "missing.toml"))
    with pytest.raises(LayoutError, match="neither"):
        parse_layout("bank.toml", 'extends = "missing"')
