"""Strangers' programs as judges of our packages: py-wacz, warcio, fastwarc and pywb, each in a process of its own. `make judges` installs them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from test_sources_wacz import packed
from test_sources_warc import BODY, PAGE, written

ROOT = Path(__file__).resolve().parents[2]


def judge(name: str) -> str:
    """A judge's program: in .venv/judges of the checkout, beside the tests' Python, in the folder that CUSTODES_JUDGES names, or on the path."""
    folders = [str(ROOT / ".venv" / "judges" / "bin"), str(Path(sys.executable).parent), os.environ.get("CUSTODES_JUDGES", ""), os.environ.get("PATH", "")]
    found = shutil.which(name, path=os.pathsep.join(folders))
    if not found:
        pytest.skip(f"{name} is not installed (make judges)")
    return found


@pytest.fixture
def package(tmp_path: Path) -> Path:
    made = packed(tmp_path / "x", 5)
    with zipfile.ZipFile(made.path) as archive:
        archive.extractall(tmp_path / "unpacked")
    return made.path


def test_wacz_validate_says_valid(package: Path) -> None:
    done = subprocess.run([judge("wacz"), "validate", "-f", str(package)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "is valid" in done.stdout + done.stderr, done


@pytest.mark.parametrize("command", [["warcio", "check"], ["fastwarc", "check", "-q"]])
def test_every_record_is_right_for_its_checkers(package: Path, command: list[str]) -> None:
    archive = package.parents[1] / "unpacked" / "archive" / "page.warc.gz"
    done = subprocess.run([judge(command[0]), *command[1:], str(archive)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done


def test_every_payload_is_right_for_fastwarc(tmp_path: Path) -> None:
    """Without a revisit: fastwarc holds its payload digest, which WARC says is that of the other record, against the header that is there."""
    archive = written(tmp_path, PAGE, PAGE)
    done = subprocess.run([judge("fastwarc"), "check", "-q", "-p", str(archive)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done


@contextmanager
def pywb(folder: Path, archive: Path) -> Iterator[str]:
    """A pywb that replays one archive; its address."""
    manager, wayback = judge("wb-manager"), judge("wayback")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir()
    for command in (["init", "case"], ["add", "case", str(archive)]):
        subprocess.run([manager, *command], cwd=folder, check=True, capture_output=True)
    with subprocess.Popen([wayback, "-p", str(port), "-b", "127.0.0.1"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}/case"
        finally:
            process.terminate()
            process.wait(30)


def test_pywb_replays_pages_and_revisits(package: Path, tmp_path: Path) -> None:
    archive = tmp_path / "unpacked" / "archive" / "page.warc.gz"
    with pywb(tmp_path / "pywb", archive) as address:
        for url in ("http://vendor.example/a%20page", "http://www.vendor.example/A?b=2&a=1"):
            with urllib.request.urlopen(f"{address}/2026id_/{url}", timeout=60) as answer:
                assert answer.status == 200 and answer.read() == BODY, url
