"""Capture over https with a browser: our certificate is shown to the browser, the server's own is checked and kept."""

from __future__ import annotations

import importlib.util
import shutil
import ssl
from collections import Counter
from pathlib import Path

import pytest
import websites
from test_sources_browser import CLOCK, SITE, transactions
from test_sources_fetch import certificate  # noqa: F401  a fixture

from custodes.sources import browser as browsers
from custodes.sources.browser import Browser, Patience
from custodes.sources.guard import Guard
from custodes.sources.wire import Wire

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_https_goes_through_the_recorder_with_the_servers_own_chain(certificate: tuple[Path, Path]) -> None:  # noqa: F811
    if importlib.util.find_spec("playwright") is None or not any(map(shutil.which, browsers.PROGRAMS)):
        pytest.skip("no Chromium or no playwright")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*certificate)
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    patience = Patience(load=15, quiet=0.5, settle=8)
    with websites.serve(SITE, tls) as site, Browser(Wire(Guard(["127.0.0.0/8"]), CLOCK, context=trusting), patience=patience) as browser:
        response = browser.fetch(site.url("/", "localhost"))
        seen = list(site.seen)
    with websites.serve(SITE, tls) as site, Browser(Wire(Guard(["127.0.0.0/8"]), CLOCK), patience=patience) as browser:
        refused = browser.fetch(site.url("/plain", "localhost"))
    assert transactions(response) == Counter(seen) and len(seen) > 12
    assert "GET /cached.txt" in {f"{e.method} /{e.url.split('/', 3)[3]}" for e in response.exchanges}, "service workers run although the certificate is ours"
    assert {e.tls_chain for e in response.exchanges} == {(ssl.PEM_cert_to_DER_cert(certificate[0].read_text()),)}
    assert refused.cause == "tls" and refused.exchanges == () and refused.views == ()
