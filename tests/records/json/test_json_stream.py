"""The streaming of JSON: shapes, cuts, encodings, limits; compared with the plain decoder."""

from __future__ import annotations

import io
import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.errors import BrokenInputError, LimitError
from custodes.records import jsonarray, jsoncursor, jsonstream
from custodes.records.json_rows import PlainDecode, rows
from custodes.records.jsonblock import Refusal
from custodes.records.jsonstream import blocks


def values(data: bytes) -> list[tuple[str, Any]]:
    return [
        (block.place(n), value) for block in blocks(io.BytesIO(data), "f.json", PlainDecode()) for n, value in enumerate(block.values) if value is not None
    ]


def small_blocks(patch: pytest.MonkeyPatch, size: int) -> None:
    for module in (jsonarray, jsoncursor, jsonstream):
        patch.setattr(module, "BLOCK", size)


def expand(found: list[tuple[str, Any]]) -> list[Any]:
    """Elements, whether they came one by one or inside a whole document."""
    result = []
    for _, value in found:
        result += value["releases"] if isinstance(value.get("releases"), list) and "ocid" not in value else [value]
    return result


def element(n: int, size: int = 60) -> dict[str, Any]:
    return {"ocid": f"ocds-x-{n:06}", "text": 'braces } ] { [ and "quotes" \\ ' * (size // 30), "items": [{"ocid": "inner", "n": n}, {"ocid": "inner"}]}


FORMS = {
    "compact": lambda e: json.dumps({"uri": "u", "releases": e, "links": {"next": "n"}}, separators=(",", ":")),
    "pretty": lambda e: json.dumps({"uri": "u", "releases": e, "links": {"next": "n"}}, indent=2),
    "default": lambda e: json.dumps({"releases": e}),
    "array": lambda e: json.dumps(e),
    "pretty array": lambda e: json.dumps(e, indent=1),
    "lines": lambda e: "".join(json.dumps(x) + "\n" for x in e),
    "lines without last end": lambda e: "\n".join(json.dumps(x) for x in e),
    "CRLF lines": lambda e: "".join(json.dumps(x) + "\r\n" for x in e),
    "packages, one a line": lambda e: "".join(json.dumps({"releases": e[n : n + 7]}) + "\n" for n in range(0, len(e), 7)),
    "pretty documents": lambda e: "\n".join(json.dumps({"releases": e[n : n + 7]}, indent=2) for n in range(0, len(e), 7)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("block", [64, 700, 1 << 18])
def test_every_form_gives_the_same_elements(form: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    small_blocks(monkeypatch, block)
    wanted = [element(n, 30 * (n % 9)) for n in range(60)]
    assert expand(values(FORMS[form](wanted).encode())) == wanted


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso-8859-1", "cp1252"])
@pytest.mark.parametrize("form", ["compact", "lines", "pretty array"])
def test_every_encoding(encoding: str, form: str) -> None:
    wanted = [{"ocid": str(n), "title": "Cámara de vigilancia ñ £5"} for n in range(3000)]
    data = FORMS[form](wanted) if encoding.startswith("utf") else FORMS[form](wanted).encode().decode("unicode_escape")
    assert expand(values(data.encode(encoding))) == wanted


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.dictionaries(st.sampled_from(["ocid", "id", "a", "}{"]), json_values, max_size=3), max_size=12), st.sampled_from(list(FORMS)[:5]))
def test_any_array_is_cut_where_the_decoder_says(elements: list[Any], form: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        small_blocks(patch, 48)
        data = FORMS[form](elements).encode()
        assert [v for _, v in values(data)] == elements or expand(values(data)) == elements


def test_places_are_lines_and_pointers() -> None:
    many = [element(n, 900) for n in range(600)]
    found = values(json.dumps({"releases": many}).encode())
    assert [place for place, _ in found] == [f"/releases/{n}" for n in range(600)]
    assert [place for place, _ in values(b'{"a":1}\n\n{"a":2}\n')] == ["line 1", "line 3"]
    assert values(b'{"a": 1,\n "ocid": 2}')[0][0] == ""


def test_a_bare_document_comes_whole_even_when_it_is_long() -> None:
    document = {"x": "y" * 300_000, "ocid": "o", "releases": [{"url": "u"}] * 3}
    assert values(json.dumps(document).encode()) == [("", document)]


@pytest.mark.parametrize("form", ["compact", "pretty", "array"])
def test_a_truncated_document_yields_what_was_whole_and_then_says_where(form: str) -> None:
    wanted = [element(n, 600) for n in range(2000)]
    data = FORMS[form](wanted).encode()
    cut = data[: len(data) * 2 // 3]
    found = []
    with pytest.raises(BrokenInputError, match="truncated") as caught:
        for block in blocks(io.BytesIO(cut), "f.json", PlainDecode()):
            found += block.values
    whole = cut.count(b'"text"') - 1
    assert [v for v in found if v] == wanted[:whole]
    assert int(caught.value.where.rsplit(" ", 1)[1]) <= len(cut) and caught.value.advice


def test_a_line_that_is_broken_is_refused_and_the_last_one_cut_off_is_an_error() -> None:
    data = b'{"a":1}\n{"a":\n{"a":3}\n{"a":4'
    found = []
    with pytest.raises(BrokenInputError, match="line, 4, is cut off"):
        for block in blocks(io.BytesIO(data), "f", PlainDecode()):
            found += block.values
    assert found[0] == {"a": 1} and isinstance(found[1], Refusal) and found[2] == {"a": 3}


@pytest.mark.parametrize("data", [b"", b" \n ", b"id,name\n1,x\n", bytes(range(256)) * 40, b"nonsense", b"\x1f\x8b\x08\x00", b'"text"'])
def test_what_is_no_json_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BrokenInputError) as caught:
        values(data)
    assert "f.json" in caught.value.where


@pytest.mark.parametrize("deep", [b'{"releases":[{"a":' + b"[" * 200_000, b"[" * 300_000, b'{"a":' * 100_000, b'{"ocid":1,"a":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001])
def test_deep_json_is_a_limit_and_never_a_recursion(deep: bytes) -> None:
    with pytest.raises((LimitError, BrokenInputError)):
        values(deep)


def test_a_deep_line_is_refused_and_the_others_are_read() -> None:
    data = b'{"a":1}\n{"a":' + b"[" * 3000 + b"]" * 3000 + b"}\n" + b'{"a":3}\n'
    found = [value for _, value in values(data)]
    assert found[0] == {"a": 1} and isinstance(found[1], Refusal) and found[2] == {"a": 3}


class Endless(io.RawIOBase):
    """A file of one line that does not end, without the memory for it."""

    def __init__(self, head: bytes, size: int) -> None:
        self._head, self._size, self._at = head, size, 0

    def read(self, size: int = -1) -> bytes:
        start, self._at = self._at, min(self._at + size, self._size)
        return (self._head + b"a" * size)[start : start + size] if start < len(self._head) else b"a" * (self._at - start)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset


@pytest.mark.parametrize("head", [b'{"releases":[{"ocid":"', b'{"ocid":"', b'[{"ocid":"', b'{"a":1}\n{"a":"'])
def test_an_endless_element_is_a_limit_in_bounded_memory(head: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(LimitError, match="longer than 64 MiB"):
        for _ in blocks(Endless(head, 1 << 30), "f.json", PlainDecode()):  # type: ignore[arg-type]
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20


def test_a_long_array_is_never_held() -> None:
    class Long(io.RawIOBase):
        """40 MB of array, made while it is read."""

        def __init__(self) -> None:
            self._at = 0
            self._body = b",".join(json.dumps(element(n, 900)).encode() for n in range(1000))

        def read(self, size: int = -1) -> bytes:
            self._at += 1
            return b'{"releases":[' + self._body if self._at == 1 else b"," + self._body if self._at < 40 else b"]}" if self._at == 40 else b""

        def seek(self, offset: int, whence: int = 0) -> int:
            self._at = 0
            return 0

    tracemalloc.start()
    count = sum(len(block.values) for block in blocks(Long(), "f", PlainDecode()))  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 39_000 and peak < 24 << 20


def test_elements_in_mixed_order_of_names_and_with_nested_lookalikes() -> None:
    wanted = [{"id": f"ocds-{n}", "parts": [{"id": f"ocds-{n}-a"}, {"id": f"ocds-{n}-b"}]} if n % 3 else {"x": n, "id": "ocds-"} for n in range(9000)]
    data = json.dumps({"releases": wanted}, separators=(",", ":")).encode()
    assert [value for _, value in values(data)] == wanted


def test_broken_elements_inside_a_long_array_are_refused_alone() -> None:
    parts = [json.dumps(element(n, 600)) for n in range(900)]
    parts[500] = '{"ocid": "ocds-x-000500", "n": 1 2}'
    parts[501] = '{"ocid": "ocds-x-000501", "title": "a\nraw line end and \\ud800"}'
    found = [value for _, value in values(('{"releases":[' + ", ".join(parts) + "]}").encode())]
    assert len(found) == 900 and isinstance(found[500], Refusal) and "raw line end" in found[501]["title"]


def test_rows_of_plain_json() -> None:
    assert list(rows(io.BytesIO(b'[{"a":1},3]'), "f")) == [("/0", {"a": 1}), ("/1", "not readable JSON: an object was expected")]
