"""One case for all tests of evidence; nobody changes its files."""

import pytest

from tests.stream.evidence.case_files import CaseFiles, evidence, opened, write_case


@pytest.fixture(scope="session")
def case_files(tmp_path_factory: pytest.TempPathFactory) -> CaseFiles:
    return write_case(tmp_path_factory.mktemp("case"))


@pytest.fixture(scope="session")
def masked_bundle(case_files: CaseFiles, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return evidence(case_files, tmp_path_factory.mktemp("masked") / "case.json").read_bytes()


@pytest.fixture(scope="session")
def opened_bundle(case_files: CaseFiles, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return opened(case_files, tmp_path_factory.mktemp("opened") / "case.json").read_bytes()
