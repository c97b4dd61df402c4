"""Collect the words of the review site into its message catalogues, and compile them; no tool of the system is needed.

``python scripts/build_messages.py`` rewrites ``locale/*/LC_MESSAGES/django.po`` (translations are kept, new words come without one, gone ones go) and
``django.mo`` beside it. A test says so when they are out of date or a word lacks its translation.
"""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "src/custodes/review/site"
CALLS = {"gettext", "_", "gettext_lazy", "pgettext", "ngettext"}
HEAD = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nPlural-Forms: nplurals=2; plural=(n != 1);\nLanguage: {}\n"

Key = tuple[str, str]
"""(singular, plural or empty)."""


def words() -> list[Key]:
    """Every text of the site that a person reads, sorted: templates, modules, kinds of findings, reasons."""
    found: set[Key] = set()
    for template in sorted((SITE / "templates").rglob("*.html")):
        found |= set(_of_template(template.read_text(encoding="utf-8")))
    for module in sorted(SITE.rglob("*.py")):
        found |= set(_of_module(module.read_text(encoding="utf-8")))
    from custodes.review.words import REASONS
    from custodes.values import FINDING_KINDS

    found |= {(text, "") for text in FINDING_KINDS.values()} | {(text, "") for codes in REASONS.values() for text in codes.values()}
    return sorted(found)


def _of_template(text: str) -> Iterator[Key]:
    for match in re.finditer(r"""\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""", text):
        yield (match[1] if match[1] is not None else match[2]), ""
    for match in re.finditer(r"\{%\s*blocktranslate[^%]*%\}(.*?)\{%\s*endblocktranslate\s*%\}", text, re.S):
        one, _, many = match[1].partition("{% plural %}")
        yield _placed(one), _placed(many)


def _placed(text: str) -> str:
    """As Django looks a block up: percent signs doubled, variables as %(name)s."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", text.replace("%", "%%"))


def _of_module(text: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if texts:
                yield texts[0], texts[1] if node.func.id == "ngettext" else ""


def read(path: Path) -> dict[Key, list[str]]:
    """Translations of a catalogue."""
    found: dict[Key, list[str]] = {}
    for block in path.read_text(encoding="utf-8").split("\n\n") if path.is_file() else ():
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.match(r'(msgid_plural|msgid|msgstr(?:\[\d\])?)\s+(".*")$', line):
                name, quoted = match[1], match[2]
            elif line.startswith('"'):
                quoted = line
            else:
                continue
            fields[name] = fields.get(name, "") + ast.literal_eval(quoted)
        if fields.get("msgid"):
            found[fields["msgid"], fields.get("msgid_plural", "")] = [fields[k] for k in sorted(fields) if k.startswith("msgstr")]
    return found


def written(language: str, keys: list[Key], known: dict[Key, list[str]]) -> str:
    """A catalogue as text."""
    blocks = ["# The words of the review site. Made by scripts/build_messages.py; only the translations are written by hand.\n" + 'msgid ""\nmsgstr ""\n' + "\n".join(_quote(line + "\n") for line in HEAD.format(language).splitlines())]
    for one, many in keys:
        told = known.get((one, many)) or ([""] * (2 if many else 1))
        lines = [f"msgid {_quote(one)}"]
        lines += [f"msgid_plural {_quote(many)}", *(f"msgstr[{n}] {_quote(text)}" for n, text in enumerate(told))] if many else [f"msgstr {_quote(told[0])}"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def compiled(language: str, known: dict[Key, list[str]]) -> bytes:
    """The binary form that gettext reads (little endian, sorted, without a hash table)."""
    entries = {b"": HEAD.format(language).encode()}
    for (one, many), told in known.items():
        if all(told):
            entries["\0".join(filter(None, (one, many))).encode()] = "\0".join(told).encode()
    keys, ids, strings, at = sorted(entries), b"", b"", []
    for key in keys:
        at.append((len(ids), len(key), len(strings), len(entries[key])))
        ids += key + b"\0"
        strings += entries[key] + b"\0"
    tables = 7 * 4
    first = tables + 16 * len(keys)
    out = struct.pack("<7I", 0x950412DE, 0, len(keys), tables, tables + 8 * len(keys), 0, 0)
    out += b"".join(struct.pack("<2I", size, first + start) for start, size, _, _ in at)
    out += b"".join(struct.pack("<2I", size, first + len(ids) + start) for _, _, start, size in at)
    return out + ids + strings


def main() -> int:
    """Rewrite all catalogues; 1 when a word lacks its translation."""
    keys, missing = words(), 0
    for folder in sorted((SITE / "locale").glob("*/LC_MESSAGES")):
        path = folder / "django.po"
        known = read(path)
        path.write_text(written(folder.parent.name, keys, known), encoding="utf-8")
        (folder / "django.mo").write_bytes(compiled(folder.parent.name, {key: known[key] for key in keys if key in known}))
        missing += sum(not all(known.get(key, [""])) for key in keys)
    print(f"{len(keys)} texts, {missing} without a translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
