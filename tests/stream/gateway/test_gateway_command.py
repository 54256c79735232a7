"""What `goldenhour gateway` takes and refuses before it touches a broker."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from connectors.iso8583.layout import LayoutError
from connectors.tokens import TokenKeyError
from stream.cli import cli


@pytest.mark.parametrize("where", ["8583", ":8583", "localhost:", "localhost:port", "localhost:70000"])
def test_an_address_is_a_host_and_a_port(where: str) -> None:
    result = CliRunner().invoke(cli, ["gateway", "iso8583", "--listen", where])
    assert result.exit_code == 2
    assert "HOST:PORT" in result.output


def test_a_layout_with_mistakes_is_refused_with_all_of_them(tmp_path: Path) -> None:
    layout = tmp_path / "ours.toml"
    layout.write_text('extends = "iso93"\n[fields]\n200 = "n6"\n48 = "?"\n', "utf-8")
    with pytest.raises(LayoutError) as refused:
        CliRunner().invoke(cli, ["gateway", "iso8583", "--layout", str(layout)], catch_exceptions=False)
    assert len(str(refused.value).splitlines()) == 2


def test_no_gateway_starts_without_a_key_or_with_a_short_one(tmp_path: Path) -> None:
    short = tmp_path / "key"
    short.write_bytes(b"short")
    for options, told in (([], "token_key_file"), (["--token-key-file", str(short)], "at least 32 bytes")):
        with pytest.raises(TokenKeyError, match=told):
            CliRunner().invoke(cli, ["gateway", "iso8583", *options], catch_exceptions=False)
