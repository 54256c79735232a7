"""`goldenhour evidence` and `goldenhour verify`: masked unless opened, every opening noted, and a status for scripts."""

import json
import re
from pathlib import Path

import pytest

from stream.cli import main
from stream.evidence.printing import BROWSERS
from tests.stream.evidence.case_files import ACCOUNTS, CaseFiles, evidence


def ended(capfd: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run a command as the process would; return status, output and error output."""
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    out, err = capfd.readouterr()
    return int(end.value.code or 0), out, err


def ask(files: CaseFiles, *options: object) -> tuple[object, ...]:
    return ("evidence", files.case_id, "--from", files.folder, "--transactions", files.log, *options)


def test_identifiers_are_masked_in_every_file_unless_they_are_opened(case_files: CaseFiles, tmp_path: Path) -> None:
    out, page = tmp_path / "case.json", tmp_path / "case.html"
    evidence(case_files, out, "--html", str(page))
    for path in (out, page):
        text = path.read_text("utf-8")
        assert [account for account in ACCOUNTS.values() if account in text] == []
        assert all(f"***{account[-4:]}" in text for account in ACCOUNTS.values())


def test_opened_by_a_case_reference_they_are_shown_and_the_opening_is_noted(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path
) -> None:
    out, page, log = tmp_path / "case.json", tmp_path / "case.html", tmp_path / "notes" / "openings.jsonl"
    opening = ("--case-ref", "P-7", "--reason", "asked by the police", "--openings", log)
    for _ in range(2):
        assert ended(capfd, *ask(case_files, "--out", out, "--html", page, *opening))[0] == 0
    for path in (out, page):
        assert all(account in path.read_text("utf-8") for account in ACCOUNTS.values())
        assert "P-7" in path.read_text("utf-8")
    lines = [json.loads(line) for line in log.read_bytes().splitlines()]
    assert len(lines) == 2
    assert [(line["case_id"], line["case_ref"], line["reason"]) for line in lines] == [
        (case_files.case_id, "P-7", "asked by the police")
    ] * 2
    assert lines[0]["opened"] == [str(out), str(page)]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lines[0]["opened_at"])
    assert lines[0]["by"]


def test_nothing_is_opened_where_it_cannot_be_noted(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path
) -> None:
    out = tmp_path / "case.json"
    opening = ("--case-ref", "P-7", "--reason", "asked", "--openings", tmp_path / "here" / "openings.jsonl")
    (tmp_path / "here").write_text("a file, no folder")
    status, _, err = ended(capfd, *ask(case_files, "--out", out, *opening))
    assert (status, err.startswith("goldenhour: the opening cannot be noted in openings.jsonl, so nothing is opened")) == (2, True)
    assert not out.exists()


@pytest.mark.parametrize("option", [("--case-ref", "P-7"), ("--reason", "because"), ("--case-ref", "", "--reason", "because")])
def test_a_reference_without_a_reason_opens_nothing(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path, option: tuple[str, ...]
) -> None:
    status, _, err = ended(capfd, *ask(case_files, "--out", tmp_path / "case.json", *option))
    assert (status, "by --case-ref and --reason together" in err) == (2, True)
    assert not (tmp_path / "case.json").exists()


def test_evidence_tells_the_hash_by_which_verify_knows_the_file_again(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path
) -> None:
    out = tmp_path / "case.json"
    _, said, _ = ended(capfd, *ask(case_files, "--out", out))
    noted = re.search(r"SHA-256 ([0-9a-f]{64})", said)
    assert noted is not None
    assert ended(capfd, "verify", out, "--sha256", noted[1].upper())[0] == 0
    status, said, _ = ended(capfd, "verify", out, "--sha256", "0" * 64)
    assert (status, said) == (1, "differs: the file is not the one whose SHA-256 was noted\n")


def test_verify_with_the_log_ends_with_status_0_if_all_is_the_same(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, masked_bundle: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "case.json"
    out.write_bytes(masked_bundle)
    status, said, err = ended(capfd, "verify", out, "--log", case_files.log)
    assert (status, err) == (0, "")
    assert said.startswith("every byte, hash and chain of case.json is right\nthe log gives the case again, byte for byte: ")


def test_verify_ends_with_status_1_and_says_what_differs(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, opened_bundle: bytes, tmp_path: Path
) -> None:
    out, log = tmp_path / "case.json", tmp_path / "log.jsonl"
    out.write_bytes(opened_bundle.replace(b'"channel":"WEB"', b'"channel":"API"', 1))
    log.write_bytes(case_files.log.read_bytes())
    status, said, _ = ended(capfd, "verify", out, "--log", log)
    assert status == 1
    assert "differs: part inputs was changed; entry 0, transactions 0:0\n" in said
    assert 'differs: transactions record theft: channel is "API" in the bundle, "WEB" in the log\n' in said


def test_verify_notes_another_version_of_the_model(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, opened_bundle: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "case.json"
    out.write_bytes(re.sub(rb'"model":"[^"]+"', b'"model":"older"', opened_bundle))
    _, said, _ = ended(capfd, "verify", out, "--log", case_files.log)
    assert "note: made with model older, checked with " in said


@pytest.mark.parametrize("content", [b"", b"{}", b"no JSON", b'{"format":"another","sha256":"","manifest":[],"parts":{}}'])
def test_verify_ends_with_status_2_for_what_is_no_bundle(capfd: pytest.CaptureFixture[str], tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(content)
    status, said, err = ended(capfd, "verify", path)
    assert (status, said, err.startswith("goldenhour: case.json: the file is no bundle of ")) == (2, "", True)


def test_a_bundle_that_was_cut_off_is_told_as_changed(
    capfd: pytest.CaptureFixture[str], opened_bundle: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(opened_bundle[:-20])
    status, said, _ = ended(capfd, "verify", path)
    assert (status, said.startswith("differs: the file was changed: ")) == (1, True)


def test_a_case_that_is_unknown_ends_with_status_2(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path
) -> None:
    status, _, err = ended(capfd, "evidence", "c-nobody", "--from", case_files.folder, "--out", tmp_path / "x.json")
    assert (status, err) == (2, "goldenhour: no alert and no freeze request of case c-nobody was found\n")


def test_a_policy_that_did_not_decide_the_case_is_refused(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy.toml"
    text = (Path(__file__).parents[3] / "deploy" / "policy.toml").read_text("utf-8")
    policy.write_text(re.sub(r'(?m)^version = ".*"', 'version = "other"', text), encoding="utf-8")
    monkeypatch.setenv("GOLDENHOUR_POLICY_FILE", str(policy))
    status, _, err = ended(capfd, *ask(case_files, "--out", tmp_path / "x.json"))
    assert (status, "not other+cn-1: name its file in the setting policy_file" in err) == (2, True)


def test_without_the_transactions_it_says_what_is_left_out(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path
) -> None:
    out = tmp_path / "case.json"
    status, _, err = ended(capfd, "evidence", case_files.case_id, "--from", case_files.folder, "--out", out)
    assert (status, "are left out, for no transactions were given" in err) == (1, True)
    assert ended(capfd, "verify", out, "--log", case_files.log)[0] == 0


def test_events_that_the_transactions_lack_are_counted(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path
) -> None:
    log, out = tmp_path / "part.jsonl", tmp_path / "case.json"
    log.write_bytes(b"".join(line for line in case_files.log.read_bytes().splitlines(keepends=True) if b"theft" not in line))
    status, _, err = ended(capfd, "evidence", case_files.case_id, "--from", case_files.folder, "--transactions", log, "--out", out)
    assert (status, err) == (1, "1 events that the case rests on were not found\n")


def test_transactions_need_a_folder(capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path) -> None:
    status, _, err = ended(capfd, "evidence", "c", "--transactions", case_files.log, "--out", tmp_path / "x.json")
    assert (status, "--transactions goes with --from" in err) == (2, True)


def test_without_chromium_a_pdf_is_refused_and_the_rest_is_written(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    status, _, err = ended(capfd, *ask(case_files, "--out", tmp_path / "x.json", "--pdf", tmp_path / "x.pdf"))
    assert (status, err.startswith("goldenhour: --pdf needs Chromium on the PATH")) == (2, True)
    assert (tmp_path / "x.json").exists()


def test_the_pdf_is_what_chromium_prints_of_the_page(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in takes the page's place as PDF; what it was given is the page."""
    browser = tmp_path / BROWSERS[0]
    browser.write_text(
        "#!/bin/sh\n"
        'for word; do case "$word" in --print-to-pdf=*) out="${word#*=}";; file://*) page="${word#file://}";; esac; done\n'
        'cp "$page" "$out"\n'
    )
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    page, pdf = tmp_path / "x.html", tmp_path / "x.pdf"
    assert ended(capfd, *ask(case_files, "--out", tmp_path / "x.json", "--html", page, "--pdf", pdf))[0] == 0
    assert pdf.read_bytes() == page.read_bytes()


def test_a_browser_that_fails_is_told(
    capfd: pytest.CaptureFixture[str], case_files: CaseFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / BROWSERS[0]
    browser.write_text("#!/bin/sh\nexit 3\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    status, _, err = ended(capfd, *ask(case_files, "--out", tmp_path / "x.json", "--pdf", tmp_path / "x.pdf"))
    assert (status, "Chromium ended with status 3, without a PDF" in err) == (2, True)
