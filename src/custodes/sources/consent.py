"""Consent banners: which one button of a page may be pressed, and nothing else.

A candidate must be a button by its role, stand in a part of the page that is laid over it or named after cookies or consent, and bear exactly one of the
phrases below. Refusing is preferred to accepting. Links that lead elsewhere, fields and everything outside the banner are never touched. Phrases and
element names of the common consent programs were taken from their public documentation; no name of a site stands here.
"""

from __future__ import annotations

REFUSE = (
    "reject all", "reject", "decline", "decline all", "deny", "refuse all", "refuse", "reject all cookies", "reject cookies", "only necessary", "necessary only", "essential only",
    "use necessary cookies only", "only essential cookies", "reject additional cookies", "reject optional cookies", "reject non-essential cookies", "continue without accepting",
    "alle ablehnen", "ablehnen", "nur notwendige", "nur notwendige cookies", "nur erforderliche", "nur essenzielle cookies akzeptieren",
    "tout refuser", "refuser", "continuer sans accepter", "refuser tout",
    "rifiuta", "rifiuta tutto", "rifiuta tutti", "solo necessari", "continua senza accettare",
    "rechazar", "rechazar todo", "rechazar todas", "solo necesarias", "rejeitar", "rejeitar todos", "recusar", "apenas necessários",
    "alles weigeren", "weigeren", "odrzuć", "odrzuć wszystkie", "odmítnout", "odmítnout vše", "reddet", "tümünü reddet", "отклонить", "отклонить все", "拒绝", "全部拒绝", "拒否", "거부",
)  # fmt: skip
ACCEPT = (
    "accept all", "accept", "accept cookies", "accept all cookies", "allow all", "allow all cookies", "i accept", "i agree", "agree", "got it", "ok", "okay", "accept & close",
    "accept and close", "accept additional cookies", "agree and close", "understood",
    "alle akzeptieren", "akzeptieren", "zustimmen", "alle zulassen", "einverstanden", "verstanden", "tout accepter", "accepter", "j'accepte", "accepter et fermer",
    "accetta", "accetta tutto", "accetta tutti", "accetto", "aceptar", "aceptar todo", "aceptar todas", "acepto", "aceitar", "aceitar todos", "aceito", "concordo",
    "alles accepteren", "accepteren", "akkoord", "zaakceptuj", "zaakceptuj wszystkie", "akceptuję", "přijmout", "přijmout vše", "souhlasím", "kabul et", "tümünü kabul et",
    "принять", "принять все", "согласен", "接受", "全部接受", "同意", "同意する", "동의", "모두 동의",
)  # fmt: skip
FIND = """
([refuse, accept]) => {
  const words = /cookie|consent|gdpr|privacy|onetrust|cookiebot|didomi|usercentrics|trustarc|truste|osano|klaro|cmp|datenschutz|confidentialit|privacidad|クッキー|隐私/i;
  const clean = (e) => (e.innerText || e.value || e.getAttribute('aria-label') || '').replace(/[\\s\\u00a0]+/g, ' ').trim().toLowerCase().replace(/[.!✓✕×]+$/, '').trim();
  const seen = (e) => { const r = e.getBoundingClientRect(), s = getComputedStyle(e); return r.width > 1 && r.height > 1 && s.visibility !== 'hidden' && s.display !== 'none'; };
  const up = (e) => e.parentElement || (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  const laid = (e) => {
    for (let p = e, n = 0; p && p !== document.body && p !== document.documentElement && n < 14; p = up(p), n++) {
      const named = words.test(p.id + ' ' + (p.getAttribute('class') || '') + ' ' + (p.getAttribute('aria-label') || ''));
      const over = ['fixed', 'sticky'].includes(getComputedStyle(p).position) || p.getAttribute('role') === 'dialog' || p.getAttribute('role') === 'alertdialog' || p.tagName === 'DIALOG';
      const text = (p.shadowRoot || p).textContent || '';
      if ((named || over) && text.length < 20000 && words.test(text)) return true;
    }
    return false;
  };
  const plain = (e) => {
    if (e.tagName === 'A') { const to = (e.getAttribute('href') || '').trim(); return to === '' || to.startsWith('#') || to.toLowerCase().startsWith('javascript:'); }
    if (e.tagName === 'INPUT') return ['button', 'submit'].includes(e.type);
    return true;
  };
  const found = [];
  const walk = (root) => {
    for (const e of root.querySelectorAll('button, [role=button], a, input[type=button], input[type=submit]')) found.push(e);
    for (const e of root.querySelectorAll('*')) if (e.shadowRoot) walk(e.shadowRoot);
  };
  walk(document);
  const usable = found.filter((e) => plain(e) && seen(e) && laid(e));
  for (const list of [refuse, accept]) {
    const hit = usable.find((e) => list.includes(clean(e)));
    if (hit) return hit;
  }
  return null;
}
"""
"""Runs in each frame with [REFUSE, ACCEPT]; gives the button or null."""
