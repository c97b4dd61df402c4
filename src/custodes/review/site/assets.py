"""The few files that pages load: our own, and htmx as django-htmx ships it (Zero-Clause BSD). A name that is not in the table is not there."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse

from custodes.review.site.access import needs

HERE = Path(__file__).parent / "static"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def _files() -> dict[str, Path]:
    htmx = Path(str(resources.files("django_htmx"))) / "static" / "django_htmx" / "htmx-2.min.js"
    return {"desk.css": HERE / "desk.css", "desk.js": HERE / "desk.js", "mark.svg": HERE / "mark.svg", "htmx.js": htmx}


@needs("")
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """One of the files, kept by browsers for an hour."""
    path = _files().get(name)
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), content_type=_TYPES[path.suffix], headers={"Cache-Control": "max-age=3600"})
