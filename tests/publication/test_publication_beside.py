"""Pages of findings drawn by other processes while the rest is written: the same bytes, and every hash is that of the file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import invented
import pytest

from custodes import engines
from custodes.pipeline.publishing import tree_hash
from custodes.publication import finding_pages, publish, write
from custodes.publication.finding_pages import Stock
from custodes.publication.view import normalise


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_other_processes_give_the_same_bytes(tmp_path, monkeypatch):
    edition = invented.edition(with_hostile=True, languages=("en", "de"))
    publish(edition, tmp_path / "one")
    monkeypatch.setattr(finding_pages, "PART", 7)
    monkeypatch.setattr(finding_pages, "_LEAST", 1)
    monkeypatch.setattr(engines, "cores", lambda: 3)
    hashes = write(edition, tmp_path / "three", engines.beside)
    one = bytes_of(tmp_path / "one")
    assert bytes_of(tmp_path / "three") == one and len(one) > 200
    assert hashes.keys() == one.keys() and {name: hashlib.sha256(one[name]).hexdigest() for name, digest in hashes.items() if digest} == {n: d for n, d in hashes.items() if d}
    assert sum(map(bool, hashes.values())) > 0.8 * len(hashes)
    assert tree_hash(tmp_path / "three", hashes) == tree_hash(tmp_path / "one")


def test_a_worker_that_fails_ends_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(finding_pages, "_LEAST", 1)
    monkeypatch.setattr(engines, "cores", lambda: 2)
    edition = invented.edition()
    (tmp_path / "findings").write_text("a file where the folder of pages must stand", encoding="utf-8")
    with pytest.raises(OSError, match="findings"):
        write(edition, tmp_path, engines.beside)


def test_what_is_shipped_comes_back_whole(tmp_path):
    import pyarrow as pa

    view = normalise(invented.edition(with_hostile=True))
    stock = Stock(view, tmp_path)
    back = Stock.from_buffer(pa.py_buffer(stock.to_bytes()))
    assert back.version == stock.version and back.findings.equals(stock.findings) and back.parts == stock.parts and back.folder == tmp_path
    assert Stock(replace(view, title="another"), tmp_path).version != stock.version != Stock(view, tmp_path / "x").version
    assert Stock(view, tmp_path, stock.findings.slice(1)).version != stock.version
