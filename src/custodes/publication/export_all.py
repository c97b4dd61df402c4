"""Every format of the field in one call: ``formats/`` of an edition, and ``formats/exports.json`` with the account of every finding."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from custodes.publication.export_annotations import AnnotationWriter
from custodes.publication.export_base import Export, Writer, run_all
from custodes.publication.export_bods import BodsWriter
from custodes.publication.export_cyclonedx import CycloneDxWriter
from custodes.publication.export_ftm import FtmWriter
from custodes.publication.export_geojson import GeoWriter
from custodes.publication.export_ocds import OcdsWriter
from custodes.publication.export_parquet import ParquetWriter
from custodes.publication.export_prov import ProvWriter
from custodes.publication.rows import stream
from custodes.publication.view import View

FOLDER = "formats"
WRITERS: dict[str, Callable[[View, Path], Writer]] = {
    "followthemoney": FtmWriter, "ocds": OcdsWriter, "cyclonedx": CycloneDxWriter, "bods": BodsWriter,
    "annotations": AnnotationWriter, "prov": ProvWriter, "geojson": GeoWriter, "parquet": ParquetWriter,
}  # fmt: skip
"""Name of a format -> what writes it. CSV, JSON lines and XLSX are the tables of an edition (``tables``, ``sheets``); the Data Package is ``package``."""


def write_exports(view: View, folder: Path, areas: Mapping[str, Mapping[str, Any]] | None = None) -> tuple[Export, ...]:
    """Write every format into ``folder``/formats in one pass over the findings of ``view``; what each carries and what it cannot, by reason.

    ``areas``: official code of a body -> GeoJSON geometry. The view must already stand behind the gate when its edition is public.
    """
    target = folder / FOLDER
    made = {name: GeoWriter(view, target, areas) if name == "geojson" else make(view, target) for name, make in WRITERS.items()}
    exports = tuple(run_all(made, stream(view.findings)))
    value = {"edition": view.kind, "findings": len(view.findings), "formats": [export.counts(target) for export in exports]}
    (target / "exports.json").write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return exports


def files(exports: tuple[Export, ...], folder: Path) -> list[Path]:
    """Every file that :func:`write_exports` wrote, sorted."""
    return sorted([*(written.path for export in exports for written in export.files), folder / FOLDER / "exports.json"])


def told(exports: tuple[Export, ...]) -> dict[Path, dict[str, Any]]:
    """What ``datapackage.json`` says of each file: title, media type and counts by unit."""
    return {each.path: {"title": each.title, "mediatype": each.media, **({"counts": dict(sorted(each.counts.items()))} if each.counts else {})} for export in exports for each in export.files}
