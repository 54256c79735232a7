"""Prints the page as PDF, by a Chromium that is installed; there is no other way without a large library."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from stream.evidence.form import EvidenceError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_TIMEOUT_S = 120


def print_pdf(page: str, out: Path) -> None:
    """Write a page as PDF. Errors: EvidenceError if no Chromium is found, or it fails."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise EvidenceError("--pdf needs Chromium on the PATH (Debian: apt-get install chromium); the other files are written")
    with tempfile.TemporaryDirectory(prefix="goldenhour-") as folder:
        html, pdf = Path(folder, "page.html"), Path(folder, "page.pdf")
        html.write_text(page, encoding="utf-8")
        command = [browser, "--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        if os.geteuid() == 0:
            command.append("--no-sandbox")  # Chromium refuses to start as root otherwise; the page is ours and runs no script
        try:
            done = subprocess.run(
                [*command, f"--print-to-pdf={pdf}", html.as_uri()], capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EvidenceError(
                f"Chromium could not print the page: {type(error).__name__}; the other files are written"
            ) from error
        if done.returncode != 0 or not pdf.is_file():
            raise EvidenceError(f"Chromium ended with status {done.returncode}, without a PDF; the other files are written")
        shutil.move(pdf, out)
