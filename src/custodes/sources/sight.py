"""What one look at a page saw: an answer judged by itself, without memory.

present   the page answered
missing   404 or 410
soft-404  the page answers with success but says that there is nothing, or sends the reader to the front page
blocked   the server knows us and keeps us out: 401, 403, 407, 429, 451, a log-in, or a challenge for people only
error     everything else: no answer, half an answer, 5xx. A failed look says nothing about the page

A challenge and a soft 404 are recognised by fixed marks; the marks of challenges are those that the programs behind them are known to leave. Both
judgements are cautious: a long text is a page, whatever words stand in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from custodes.sources.answer import Answer
from custodes.sources.fetch import Response
from custodes.sources.pagetext import PageText

PRESENT, MISSING, SOFT, BLOCKED, ERROR = "present", "missing", "soft-404", "blocked", "error"
_SHORT = 1500
"""Characters of text up to which a page may be a challenge or an apology."""
_KEPT_OUT = {401: "asks for a log-in", 403: "forbids it", 407: "asks for a log-in", 429: "says too many requests", 451: "says it is withheld for legal reasons"}
_HEADERS = (("cf-mitigated", "challenge"), ("x-amzn-waf-action", ""), ("x-datadome", ""), ("x-sucuri-block", ""))
_CHALLENGE = re.compile(
    r"cf-chl-|/cdn-cgi/challenge-platform/h/|_cf_chl_opt|captcha-delivery\.com|px-captcha|_Incapsula_Resource|awsWafCookieDomainList|/_sec/cp_challenge|"
    r"sucuri_cloudproxy_js|ddos-guard/js-challenge|hcaptcha\.com/1/api\.js|challenges\.cloudflare\.com/turnstile",
)
_CHALLENGE_WORDS = re.compile(
    r"just a moment|attention required! \| cloudflare|verify(ing)? (that )?you are (a )?human|are you (a )?(human|robot)|checking your browser|unusual traffic|"
    r"access denied|request unsuccessful\. incapsula|enable javascript and cookies to continue|security check|press & hold|bot detection|access to this page has been denied|"
    r"bestätigen sie, dass sie ein mensch|vérifi\w+ que vous êtes (un )?humain|verifica que eres humano|验证您是真人|请完成安全验证",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\b404\b|\bpage (was |is |could |can ?)?not (be )?found\b|\bnot found\b|\bpage (no longer|does ?n[o']t) exists?\b|\bno longer available\b|\bpage you (are|were) looking for\b|"
    r"\bcannot be found\b|\bcan't find (the|that|this) page\b|\bpage unavailable\b|\bhas been removed\b|"
    r"seite (wurde )?nicht gefunden|existiert nicht( mehr)?|nicht mehr verfügbar|page (introuvable|non trouvée)|n'existe (pas|plus)|pagina non trovata|non (esiste|è più disponibile)|"
    r"página no encontrada|no existe|ya no está disponible|página não encontrada|não encontrada|pagina niet gevonden|nie znaleziono|stránka nenalezena|sayfa bulunamadı|"
    r"страница не найдена|页面不存在|找不到(该)?(页面|网页)|頁面不存在|页面未找到|ページが見つかりません|페이지를 찾을 수 없습니다|الصفحة غير موجودة",
    re.IGNORECASE,
)
_LOGIN = re.compile(r"(^|/)(log-?in|sign-?in|sso|auth|account/login|anmelden|connexion)(/|\.|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sight:
    """``kind`` and, in words, what it rests on."""

    kind: str
    why: str


def judge(response: Response, text: PageText) -> Sight:
    """What this answer is. ``text`` is that of the answer or, from a browser, what was shown."""
    answer = response.answer
    if answer is None:
        return Sight(ERROR, response.problem or "no answer")
    if response.cause in ("refused", "redirects", "dns", "connect", "tls"):
        return Sight(ERROR, response.problem)
    if marks := _challenged(answer, text):
        return Sight(BLOCKED, marks)
    if answer.status in _KEPT_OUT:
        return Sight(BLOCKED, f"the server {_KEPT_OUT[answer.status]} ({answer.status})")
    if answer.status in (404, 410):
        return Sight(MISSING, f"the server answers {answer.status}")
    if not 200 <= answer.status < 300:
        return Sight(ERROR, f"the server answers {answer.status}")
    if response.cause in ("time", "disconnect"):
        return Sight(ERROR, f"only a part came: {response.problem}")
    return _success(response, text)


def _success(response: Response, text: PageText) -> Sight:
    asked, final = urlsplit(response.url), urlsplit(response.final)
    if same_address(response.url, response.final) is False:
        if _LOGIN.search(final.path) and not _LOGIN.search(asked.path):
            return Sight(BLOCKED, f"sent on to a log-in: {response.final}")
        if final.path in ("", "/") and not final.query and asked.path.count("/") >= 1 and asked.path not in ("", "/"):
            return Sight(SOFT, f"sent on to the front page: {response.final}")
    size = sum(map(len, text.blocks))
    said = _NOTHING.search(text.title) or (_NOTHING.search(" ".join(text.blocks)[:_SHORT]) if size <= _SHORT // 3 else None)
    if text.kind in ("html", "text") and said and size <= _SHORT:
        return Sight(SOFT, f'the page says "{said[0]}"')
    return Sight(PRESENT, "the page answers")


def _challenged(answer: Answer, text: PageText) -> str:
    for name, value in _HEADERS:
        if (found := answer.header(name)) and value in found.lower() and answer.status != 200:
            return f"the server asks for a proof of being a person ({name})"
    if answer.header("cf-mitigated").lower() == "challenge":
        return "the server asks for a proof of being a person (cf-mitigated)"
    if sum(map(len, text.blocks)) > _SHORT or text.kind == "pdf":
        return ""
    words = _CHALLENGE_WORDS.search(f"{text.title} {' '.join(text.blocks)}")
    source = answer.body[:200_000] if not answer.header("content-encoding") else _unpacked(answer)
    marks = _CHALLENGE.search(source.decode("latin-1"))
    if words and (marks or answer.status in (403, 405, 429, 503)):
        return f'the page is a challenge: it says "{words[0]}"'
    return f"the page is a challenge: it holds {marks[0]}" if marks and answer.status != 200 else ""


def _unpacked(answer: Answer) -> bytes:
    from custodes.errors import InputError

    try:
        return answer.content[:200_000]
    except InputError:
        return b""


def same_address(one: str, other: str) -> bool:
    """Do two addresses name the same page? The scheme, ``www.``, the case of the host, a slash at the end and the fragment make no difference."""
    return _plain(one) == _plain(other)


def _plain(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    host = (parts.hostname or "").removeprefix("www.") + (f":{port}" if port not in (None, 80, 443) else "")
    return host, parts.path.rstrip("/"), parts.query
