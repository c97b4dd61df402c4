"""Checking what others made: every tampering is named, no good file of another program is accused."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from custodes.sources import checker

TAMPERED = {
    "tamper1_flipped_byte_zip_crc_wrong.wacz": {"files", "records"},
    "tamper2_pages_title_forged_hashes_recomputed.wacz": {"token"},
    "tamper3_unlisted_extra_file.wacz": {"files"},
    "tamper4_digest_file_removed.wacz": {"digest", "token"},
    "tamper5_flipped_byte_zip_crc_right_hash_stale.wacz": {"files", "records"},
    "tamper6_page_text_forged.warc.gz": {"records"},
    "tamper6_page_text_forged_wacz_hashes_recomputed.wacz": {"records", "index", "token"},
    "tamper7_index_offset_wrong_hashes_recomputed.wacz": {"index", "token"},
    "js-wacz-0.1.6-wrong-hash.wacz": {"files", "token"},
}
"""Which chains are broken when the file stands beside the time stamp of the good one."""

GOOD = (
    "made/cap.wacz", "made/cap.warc.gz", "made/wget-1.21.3.warc.gz", "py-wacz/valid_example_1.wacz", "py-wacz/valid_example_2.wacz",
    "py-wacz/valid_signed_example_1.wacz", "py-wacz/example-collection.warc", "py-wacz/example-resource.warc.gz", "py-wacz/example-warcinfo-metadata.warc",
    "warcio/example.warc", "warcio/example.warc.gz", "warcio/example-iana.org-chunked.warc", "warcio/example-resource.warc.gz", "warcio/post-test.warc.gz",
    "warcio/example-space-in-target-uri.warc.gz", "warcio/example-wget-bad-target-uri.warc.gz", "warcio/example.arc", "warcio/example.arc.gz",
)  # fmt: skip
BAD = ("warcio/example-digest.warc", "warcio/example-trunc.warc", "warcio/example-wrong-chunks.warc.gz", "warcio/bad.arc", "py-wacz/invalid_example_1.wacz")


def chains(path: Path, **options: object) -> set[str]:
    return {link.chain for link in checker.check(str(path), **options).broken}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_packages_are_named_with_their_broken_chains(shared: Path, name: str) -> None:
    assert chains(shared / "pages/warc/made" / name) == TAMPERED[name]


@pytest.mark.parametrize("name", GOOD)
def test_good_files_of_other_programs_are_not_accused(shared: Path, name: str) -> None:
    assert checker.check(str(shared / "pages/warc" / name)).lines()[0].startswith("intact: ")


@pytest.mark.parametrize("name", BAD)
def test_broken_files_of_other_programs_are_named(shared: Path, name: str) -> None:
    assert checker.check(str(shared / "pages/warc" / name)).broken


def test_a_package_alone_is_held_only_against_itself_unless_a_token_stands_beside_it(shared: Path, tmp_path: Path) -> None:
    made, name = shared / "pages/warc/made", "tamper2_pages_title_forged_hashes_recomputed.wacz"
    shutil.copy(made / name, tmp_path / "page.wacz")
    assert chains(tmp_path / "page.wacz") == set()
    token = made / "cap.datapackage-digest.json.tsr"
    assert chains(tmp_path / "page.wacz", tokens=[str(token)]) == {"token"}
    for beside in ("page.wacz.tsr", "page.datapackage-digest.json.tsr", "anything.tsr"):
        shutil.copy(token, tmp_path / beside)
        assert chains(tmp_path / "page.wacz") == {"token"}, beside
        shutil.copy(made / "cap.wacz", tmp_path / "page2.wacz")
        (tmp_path / "page2.wacz").replace(tmp_path / "page.wacz")
        assert chains(tmp_path / "page.wacz") == set()
        shutil.copy(made / name, tmp_path / "page.wacz")
        (tmp_path / beside).unlink()


def test_a_token_beside_a_package_that_it_does_not_know_does_not_accuse_its_neighbour(shared: Path, tmp_path: Path) -> None:
    warc = shared / "pages/warc"
    for name in ("made/cap.wacz", "made/cap.datapackage-digest.json.tsr", "py-wacz/valid_example_2.wacz", "py-wacz/valid_signed_example_1.wacz"):
        shutil.copy(warc / name, tmp_path)
    for path in sorted(tmp_path.glob("*.wacz")):
        assert chains(path) == set(), path.name


def test_an_untrusted_signature_is_named_and_a_good_one_is_shown(shared: Path) -> None:
    if not checker._system_roots() or not shutil.which("openssl"):
        pytest.skip("no openssl or no root certificates on this machine")
    folder = shared / "pages/warc/py-wacz"
    assert chains(folder / "invalid_signed_example_1.wacz") == {"signature"}
    good = checker.check(str(folder / "valid_signed_example_1.wacz"))
    assert any("signed by btrix-sign-test.webrecorder.net" in text for text in good.stamped)


def test_the_module_runs_alone_with_nothing_but_the_standard_library(shared: Path, tmp_path: Path) -> None:
    alone = tmp_path / "verify.py"
    shutil.copy(checker.__file__, alone)
    command = [sys.executable, "-I", "-S", str(alone), "--json"]
    good = subprocess.run([*command, str(shared / "pages/warc/made/cap.wacz")], capture_output=True, text=True, check=False)
    bad = subprocess.run([*command, str(shared / "pages/warc/made/tamper3_unlisted_extra_file.wacz")], capture_output=True, text=True, check=False)
    none = subprocess.run([*command, str(alone)], capture_output=True, text=True, check=False)
    assert (good.returncode, bad.returncode, none.returncode) == (0, 4, 2)
    assert json.loads(good.stdout)["broken"] == [] and json.loads(bad.stdout)["broken"][0]["chain"] == "files"


def test_a_folder_of_files_is_checked_file_by_file(shared: Path) -> None:
    report = checker.check(str(shared / "pages/warc/made"))
    named = {name for name in TAMPERED if any(name in link.where for link in report.broken)}
    assert named == set(TAMPERED) and not any("made/cap.w" in link.where for link in report.broken)


@pytest.mark.parametrize("change", ["", "signature", "hash"])
def test_an_anonymous_signature_of_a_browser_is_held(shared: Path, tmp_path: Path, change: str) -> None:
    """Signatures as ArchiveWeb.page writes them: the key beside, two numbers side by side instead of DER."""
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl program here")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    with zipfile.ZipFile(shared / "pages/warc/made/cap.wacz") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    said = json.loads(files["datapackage-digest.json"])
    key = ec.generate_private_key(ec.SECP384R1())
    r, s = utils.decode_dss_signature(key.sign(said["hash"].encode(), ec.ECDSA(hashes.SHA256())))
    raw = bytearray(r.to_bytes(48, "big") + s.to_bytes(48, "big"))
    raw[5] ^= change == "signature"
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = {"hash": said["hash"] if change != "hash" else "sha256:" + "0" * 64, "signature": base64.b64encode(raw).decode(), "publicKey": base64.b64encode(public).decode()}
    files["datapackage-digest.json"] = json.dumps({**said, "signedData": signed}).encode()
    with zipfile.ZipFile(tmp_path / "signed.wacz", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    report = checker.check(str(tmp_path / "signed.wacz"))
    assert {link.chain for link in report.broken} == ({"signature"} if change else set())
    assert change or any("anonymous" in text for text in report.unchecked)


def test_a_zip_that_is_no_package_is_not_accused(tmp_path: Path) -> None:
    for name in ("sheet.xlsx", "some.zip"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("[Content_Types].xml", "x")
        with pytest.raises(checker.Unknown):
            checker.check(str(tmp_path / name))
    with zipfile.ZipFile(tmp_path / "x.wacz", "w") as archive:
        archive.writestr("a", "x")
    assert chains(tmp_path / "x.wacz") == {"datapackage", "files"}


def test_a_bomb_in_a_package_is_a_break_and_not_unpacked_into_memory(tmp_path: Path) -> None:
    import tracemalloc

    with zipfile.ZipFile(tmp_path / "bomb.wacz", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("datapackage.json", "w") as out:
        for _ in range(300):
            out.write(bytes(1 << 20))
    tracemalloc.start()
    assert chains(tmp_path / "bomb.wacz") == {"datapackage"}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20
