/* Keys for the desk. Every one of them does what a link, a field or a button of the page does; the page works without this file. */
"use strict";
(() => {
  const $ = (selector) => document.querySelector(selector);
  const verdicts = { c: "confirm", r: "reject", u: "unsure", d: "duplicate" };
  const reason = () => $("#reason");

  /* Only the reasons of the chosen verdict can be chosen. */
  function narrow() {
    const chosen = $("input[name=verdict]:checked");
    if (!reason()) return;
    for (const group of reason().querySelectorAll("optgroup")) {
      const fits = !chosen || group.dataset.verdict === chosen.value;
      group.hidden = group.disabled = !fits;
    }
    const picked = reason().selectedOptions[0];
    if (chosen && picked && picked.value && !picked.value.startsWith(chosen.value + ":")) reason().value = "";
  }

  function choose(verdict) {
    const radio = $(`input[name=verdict][value=${verdict}]`);
    if (!radio) return;
    radio.checked = true;
    narrow();
    reason().focus();
  }

  function pick(number) {
    const open = [...(reason()?.querySelectorAll("optgroup:not([disabled]) option") || [])];
    if (!$("input[name=verdict]:checked") || !open[number]) return;
    reason().value = open[number].value;
    $("#note").focus();
  }

  /* The last decision of this tab, to use again. */
  const last = {
    keep() {
      const form = $("#decide");
      if (!form) return;
      const data = new FormData(form);
      sessionStorage.setItem("last", JSON.stringify([data.get("verdict"), data.get("reason"), data.get("note")]));
    },
    use() {
      const kept = JSON.parse(sessionStorage.getItem("last") || "null");
      if (!kept || !$("#decide")) return;
      choose(kept[0]);
      reason().value = kept[1];
      $("#note").value = kept[2];
      $("#note").focus();
    },
  };

  function step(by) {
    const rows = [...document.querySelectorAll("tr[data-row]")];
    if (!rows.length) return;
    const at = rows.findIndex((row) => row.classList.contains("here"));
    const to = Math.min(rows.length - 1, Math.max(0, at + by));
    rows.forEach((row, n) => row.classList.toggle("here", n === to));
    rows[to].querySelector("a").focus();
  }

  const go = (selector) => $(selector)?.click();
  const keys = {
    j: () => step(1), k: () => step(-1), n: () => go("#next"), p: () => go("#previous"), q: () => go("#to-queue"), b: () => go("#batch"),
    m: () => $("#comment")?.focus(), "/": () => $("#search")?.focus(), "?": () => $("#keys").showModal(), ".": () => last.use(),
    z: () => { const undo = $("#undo"); if (undo) { undo.open = true; undo.querySelector("select").focus(); } },
  };

  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest("form") || $("#decide");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (event.key === "Escape" && field) { field.blur(); return; }
    if (document.body.dataset.shortcuts !== "on" || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (field && !(field === reason() && /^[0-9]$/.test(event.key))) return;
    if (verdicts[event.key]) choose(verdicts[event.key]);
    else if (/^[0-9]$/.test(event.key)) pick((Number(event.key) + 9) % 10);
    else if (keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
  });

  document.addEventListener("change", (event) => { if (event.target.name === "verdict") narrow(); });
  document.addEventListener("submit", (event) => { if (event.target.id === "decide") last.keep(); });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "event-list") $("#comment").value = ""; });
  narrow();
  $("#refused")?.focus();
})();
