"""A page of its own for each change: what was removed, what was added, and the two pictures side by side. Working copies for people who review.

``sources/changes/PAGE/TIME.html`` and the pictures beside it, taken out of the packages. They are drafts: not sealed, not published, made again when lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from custodes import case
from custodes.sources import looks
from custodes.sources.keeping import kept_picture
from custodes.sources.store import place

_SHOWN = ("changed", "moved", "gone", "back")
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>body{{font:16px/1.5 sans-serif;margin:2em;max-width:100em}} del{{background:#fdd;text-decoration:none}} ins{{background:#dfd;text-decoration:none}}
li{{margin:.3em 0;overflow-wrap:anywhere}} .two{{display:grid;grid-template-columns:1fr 1fr;gap:1em}} img{{max-width:100%;border:1px solid #999}} code{{overflow-wrap:anywhere}}</style>
</head><body>
"""


def write(sources: Path, pages: Iterable[Mapping[str, Any]]) -> None:
    """Write what is not there yet, and what other filters made different."""
    pictures = {line["capture"]: line["picture"] for _, line in looks.lines(sources) if line.get("picture")}
    for page in pages:
        by_time: dict[str, list[Mapping[str, Any]]] = {}
        for event in page["events"]:
            if event["kind"] in _SHOWN:
                by_time.setdefault(str(event["by"]), []).append(event)
        for by, events in by_time.items():
            folder = sources / "changes" / str(page["page"])
            images = [_picture(sources, folder, pictures.get(events[0][side])) for side in ("capture_before", "capture")]
            path = folder / f"{by[:19].replace(':', '').replace('-', '')}Z.html"
            data = _html(page, events, images).encode("utf-8", "surrogatepass")
            if not path.exists() or path.read_bytes() != data:
                case.write_whole(path, data)


def _picture(sources: Path, folder: Path, said: Mapping[str, str] | None) -> str:
    """The file name of a picture taken out of its package; empty without one."""
    if not said:
        return ""
    package = place(sources, said["package"])
    name = f"{hashlib.sha256((said['package'] + said['record']).encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.png"
    if not (folder / name).exists():
        data = kept_picture(package, said["record"]) if package.exists() else b""
        if not data:
            return ""
        case.write_whole(folder / name, data)
    return name


def _html(page: Mapping[str, Any], events: Sequence[Mapping[str, Any]], images: Sequence[str]) -> str:
    first = events[0]
    title = f"{page['url']}: {', '.join(str(event['kind']) for event in events)}"
    when = f"after {escape(str(first['after']) or 'never seen before')} and not after {escape(str(first['by']))}"
    parts = [_HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>", f"<p>Draft. It happened {when}.</p>"]
    parts += [f"<p>{escape(str(event['kind']))}: {escape(str(event['why']))}</p>" for event in events]
    changed = next((event for event in events if "removed" in event), None)
    if changed:
        parts += [_sentences("Removed", "del", changed["removed"]), _sentences("Added", "ins", changed["added"])]
    if any(images):
        shown = [f'<img src="{name}" alt="the page {words}">' if name else f"<p>No picture {words}.</p>" for name, words in zip(images, ("before", "after"), strict=True)]
        parts.append(f'<h2>Before and after</h2><div class="two"><div>{shown[0]}</div><div>{shown[1]}</div></div>')
    parts.append(f"<p>Packages: before <code>{escape(str(first['capture_before']) or 'none')}</code>, after <code>{escape(str(first['capture']) or 'none')}</code></p>")
    return "\n".join([*parts, "</body></html>", ""])


def _sentences(title: str, tag: str, sentences: Sequence[str]) -> str:
    items = "".join(f"<li><{tag}>{escape(sentence)}</{tag}></li>" for sentence in sentences)
    return f"<h2>{title}: {len(sentences)}</h2><ul>{items}</ul>" if sentences else ""
