"""Every address of the site."""

from __future__ import annotations

from django.urls import path, re_path

from custodes.review.site import api, assets, views_entering, views_exchange, views_finding, views_people, views_queue, views_sheet

FINDING = r"^finding/(?P<finding_id>[0-9a-f]{20})"
API = r"^api/v1/findings/(?P<finding_id>[0-9a-f]{20})"

urlpatterns = [
    path("", views_queue.show_queue),
    path("views", views_queue.save_view),
    path("take-in", views_queue.take_in),
    path("sheet", views_sheet.sheet_back),
    path("sheet/out", views_sheet.sheet_out),
    path("events", views_queue.show_events),
    path("conflicts", views_queue.show_conflicts),
    re_path(FINDING + "$", views_finding.show_finding),
    re_path(FINDING + "/decide$", views_finding.decide),
    re_path(FINDING + "/undo$", views_finding.undo),
    re_path(FINDING + "/comment$", views_finding.comment),
    re_path(FINDING + "/assign$", views_finding.assign),
    re_path(FINDING + "/batch$", views_finding.batch),
    re_path(r"^capture/(?P<sha256>[0-9a-f]{64})$", views_finding.capture),
    path("sign-in", views_entering.sign_in),
    path("sign-out", views_entering.sign_out),
    re_path(r"^enter/(?P<token>[A-Za-z0-9_-]{20,200})$", views_entering.enter),
    path("me", views_entering.me),
    path("letters", views_exchange.letters),
    re_path(r"^letters/(?P<letter_id>Q-[0-9a-f]{10})$", views_exchange.letter),
    re_path(r"^letters/(?P<letter_id>Q-[0-9a-f]{10})/answer$", views_exchange.answer),
    re_path(r"^letters/(?P<letter_id>Q-[0-9a-f]{10})/sent$", views_exchange.letter_sent),
    path("notices", views_exchange.notices),
    re_path(r"^notices/(?P<notice_id>N-[0-9a-f]{12})/sent$", views_exchange.notice_sent),
    re_path(r"^notices/(?P<notice_id>N-[0-9a-f]{12})$", views_exchange.notice),
    re_path(r"^notices/(?P<notice_id>N-[0-9a-f]{12})/reply$", views_exchange.enter_reply),
    path("reply", views_exchange.reply),
    path("waive", views_exchange.waive),
    path("publication", views_exchange.publication),
    path("correct", views_exchange.correct),
    path("people", views_people.people),
    path("rules", views_people.rules),
    re_path(r"^assets/(?P<name>[a-z]+\.[a-z]+)$", assets.asset),
    path("api/v1/openapi.json", api.document),
    path("api/v1/findings", api.findings),
    re_path(API + "$", api.finding),
    re_path(API + "/decisions$", api.decide),
    re_path(API + "/undo$", api.undo),
    path("api/v1/events", api.ledger),
    path("api/v1/counts", api.counts),
    re_path(r"^api/(?P<rest>.*)$", api.nothing),
]

handler404 = "custodes.review.site.access.not_found"
handler500 = "custodes.review.site.access.broken"
