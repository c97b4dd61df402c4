"""lib-cove-ocds and ocdskit judge the milestones of a timetable. Runs in the judges' own environment (make format-judges), not in ours; prints one JSON object.

    python judge_milestones.py PACKAGE RELEASE_SCHEMA
"""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "publication"))
import judge_formats

judge_formats.CODELISTS |= {"milestoneType": ("preProcurement", "approval", "engagement", "assessment", "delivery", "reporting", "financing"), "milestoneStatus": ("scheduled", "met", "notMet", "partiallyMet")}


def judged(package: Path, release_schema: Path) -> dict[str, object]:
    """``problems`` in the judges' own words, and what ocdskit finds when it merges the releases."""
    from libcoveocds.api import ocds_json_output
    from libcoveocds.config import LibCoveOCDSConfig
    from ocdskit.combine import merge
    from ocdskit.util import detect_format

    value = json.loads(package.read_text())
    config = LibCoveOCDSConfig({"context": "api", "standard_zip": judge_formats.standard(release_schema)})
    with tempfile.TemporaryDirectory() as scratch:
        said = ocds_json_output(scratch, None, None, json_data=value, lib_cove_ocds_config=config)
    problems = [json.dumps(error)[:300] for error in said["validation_errors"]]
    problems += [f"field not in the schema: {field}" for field in said.get("additional_fields", [])]
    problems += [f"no code of a list: {json.dumps(found)[:200]}" for name in ("additional_closed_codelist_values", "additional_open_codelist_values") for found in said.get(name, [])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # releases of one edition share its date
        compiled = list(merge([value], schema=json.loads(release_schema.read_text())))
    milestones = sum(len(release["planning"]["milestones"]) for release in compiled)
    return {"problems": problems, "kind": detect_format(str(package))[0], "processes": len(compiled), "milestones": milestones}


if __name__ == "__main__":
    print(json.dumps(judged(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())))
