"""Gets Apache Kafka's jars and the Java to run them, or says in one sentence what is missing."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

KAFKA_VERSION = "4.4.0"  # as in deploy/kafka/pom.xml; a test compares the two
COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
JAVA_MIN = 17  # Kafka 4 runs on nothing older

PROJECT = Path(__file__).resolve().parent.parent


class BrokerUnavailable(Exception):  # noqa: N818 - it is a state of the machine, and reads so where it is caught
    """No broker, and the text says what to install, start or correct."""


def recipe_folder() -> Path:
    """Return `deploy/kafka`, which a checkout has and an installed package has not."""
    folder = PROJECT / "deploy" / "kafka"
    if not folder.is_dir():
        raise BrokerUnavailable("Starting a Kafka needs a checkout of the project (deploy/kafka); or give BOOTSTRAP.")
    return folder


def cache_folder() -> Path:
    """Return the folder for downloads: GOLDENHOUR_CACHE, else `.cache/kafka` in the checkout."""
    return Path(os.environ.get("GOLDENHOUR_CACHE") or PROJECT / ".cache" / "kafka").absolute()


def find_java() -> Path:
    """Return the `java` of JAVA_HOME or of the path, after asking it for its version.

    Errors: `BrokerUnavailable` if there is none, it does not run, or it is older than Java 17.
    """
    advice = f"Install Java {JAVA_MIN} or newer (Debian: openjdk-17-jre-headless; macOS: brew install openjdk)"
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")
    if java is None:
        where = f"JAVA_HOME={home} holds no java" if home else "There is no java"
        raise BrokerUnavailable(f"{where}. {advice}.")
    answer = subprocess.run([java, "-version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    if answer.returncode != 0 or version is None:
        raise BrokerUnavailable(f"{java} does not run. {advice}.")
    if int(version[1]) < JAVA_MIN:
        raise BrokerUnavailable(f"{java} is Java {version[1]}. {advice}.")
    return Path(java)


def fetch_jars(cache: Path, *, say: Callable[[str], None]) -> Path:
    """Return the folder with Kafka's jars, downloading them with Maven (43 MB) if `cache` lacks them.

    The folder's name follows the pom, so a new version is fetched anew; it appears complete or not at all.
    say: told when a download begins, because it may take a minute.
    Errors: `BrokerUnavailable` if Maven is missing or fails, with its own words.
    """
    pom = recipe_folder() / "pom.xml"
    jars = cache / f"jars-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    if jars.is_dir():
        return jars
    maven = shutil.which("mvn")
    if maven is None:
        raise BrokerUnavailable("There is no mvn. Install Maven (Debian: apt-get install maven; macOS: brew install maven).")
    say(f"Downloading Apache Kafka {KAFKA_VERSION} (43 MB, once) ...")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        download = Path(unfinished) / "jars"
        command = [maven, "-q", "-B", "-f", str(pom), COPY_DEPENDENCIES]
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={download}"]
        result = subprocess.run(command + options, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise BrokerUnavailable(f"Maven could not download Kafka:\n{(result.stdout + result.stderr).strip()[-2000:]}")
        try:
            download.rename(jars)
        except OSError:  # another process was faster
            if not jars.is_dir():
                raise
    return jars
