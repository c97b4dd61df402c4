"""The app's name in Django: ``desk``."""

from __future__ import annotations

from django.apps import AppConfig


class Desk(AppConfig):
    """Label ``desk``: its tables are called desk_finding, desk_event ..."""

    name = "custodes.review.site"
    label = "desk"
    default = True
