"""XML lists element by element: one element of the list at a time, its place, and every path in it, so that nothing is passed over in silence.

DTDs, entities and outside references are refused (defusedxml), so no file can grow in memory or reach out. Memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from custodes.errors import BrokenInputError, LimitError

DEPTH = 40


def elements(stream: BinaryIO, where: str, wanted: frozenset[str]) -> Iterator[tuple[str, Element]]:
    """(place, element) for each element whose local name is ``wanted``, and ("", root) first. BrokenInputError where the file breaks off."""
    counts: dict[str, int] = {}
    path: list[Element] = []
    try:
        for event, node in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            if event == "start":
                path.append(node)
                if len(path) > DEPTH:
                    raise LimitError(f"elements more than {DEPTH} deep", where=where, advice="this is not a list")
                if len(path) == 1:
                    yield "", node
                continue
            path.pop()
            name = local(node)
            if name in wanted and not any(local(above) in wanted for above in path):
                counts[name] = counts.get(name, 0) + 1
                yield f"/{'/'.join(local(above) for above in path)}/{name}[{counts[name]}]", node
                node.clear()
                if path:
                    path[-1].remove(node)
    except ParseError as error:
        line = getattr(error, "position", (0, 0))[0]
        raise BrokenInputError(f"not readable XML: {error}", where=f"{where}, line {line}", advice="the file is cut off or damaged: fetch it again") from error
    except DefusedXmlException as error:
        raise BrokenInputError(f"XML that a list never holds: {error}", where=where, advice="do not use this file: it may be an attack") from error
    except (ValueError, LookupError) as error:
        raise BrokenInputError(f"not readable XML: {error}", where=where, advice="fetch the file again") from error


def local(node: Element) -> str:
    """The name of an element without its namespace."""
    return str(node.tag).rpartition("}")[2]


def paths(node: Element, head: str = "") -> dict[str, str]:
    """Path -> text or attribute value, for every element below ``node`` and every attribute; ``head``: how the paths begin."""
    found: dict[str, str] = {f"{head}@{name.rpartition('}')[2]}": value for name, value in node.attrib.items()}
    for child in node:
        name = f"{head}{local(child)}"
        text = (child.text or "").strip()
        found[name] = found.get(name) or text
        for path, value in paths(child, f"{name}/").items():
            found[path] = found.get(path) or value
    return found


def text(node: Element, path: str) -> str:
    """The text of the first element at a path of local names, without outer blanks; '' without one."""
    return next(iter(texts(node, path)), "")


def texts(node: Element, path: str) -> list[str]:
    """The texts of all elements at a path that hold any."""
    return [" ".join(child.text.split()) for child in at(node, path) if child.text and child.text.strip()]


def at(node: Element, path: str) -> list[Element]:
    """The elements at a path of local names."""
    nodes = [node]
    for name in path.split("/"):
        nodes = [child for each in nodes for child in each if local(child) == name]
    return nodes


def said(account: Any, node: Element, ignored: str = "") -> None:
    """Count the filled elements and attributes of an entry. ``ignored``: paths that begin so are counted under it alone."""
    found = paths(node)
    account.saw({path: value for path, value in found.items() if not ignored or not path.startswith(ignored)})


class Uses(dict[str, str]):
    """Path -> what becomes of it, with ``parts``: for every path below an element that is not named itself."""

    def __init__(self, named: Mapping[str, str], parts: Mapping[str, str]) -> None:
        super().__init__(named)
        self._parts = parts

    def get(self, key: str, default: object = None) -> str:
        """What becomes of a path; ``default`` for one that nothing knows."""
        if key in self:
            return self[key]
        head = key.partition("/")[0]
        return self._parts[head] if head in self._parts else str(default)
