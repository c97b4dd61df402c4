/* What a page gains where scripts run: tables that sort, and words beside a chart's marks. Nothing is loaded, nothing is sent. */
"use strict";
(function () {
  function value(cell) {
    var text = (cell ? cell.textContent : "").trim();
    var number = text.replace(/^[^\d−-]*/, "").split(/\s/)[0].replace("−", "-").replace(/[^\d-]/g, "");
    return /^[^A-Za-z]*\d/.test(text) && number !== "" ? { n: Number(number), t: text } : { n: null, t: text };
  }
  function compare(a, b) {
    if (a.n !== null && b.n !== null) { return a.n - b.n; }
    return a.t.localeCompare(b.t);
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    table.querySelectorAll("thead th").forEach(function (head, column) {
      var button = document.createElement("button");
      button.type = "button";
      while (head.firstChild) { button.appendChild(head.firstChild); }
      head.appendChild(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        table.querySelectorAll("thead th").forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        var body = table.tBodies[0];
        Array.from(body.rows).map(function (row, at) { return { row: row, at: at, v: value(row.cells[column]) }; })
          .sort(function (a, b) { return (up ? 1 : -1) * compare(a.v, b.v) || a.at - b.at; })
          .forEach(function (item) { body.appendChild(item.row); });
      });
    });
  });
  var note = null;
  function hide() { if (note) { note.hidden = true; } }
  document.querySelectorAll("svg.drawing, svg.areas").forEach(function (svg) {
    svg.addEventListener("pointermove", function (event) {
      var mark = event.target.closest("g, rect, circle, path");
      var title = mark && mark.querySelector(":scope > title");
      if (!title) { hide(); return; }
      if (!note) { note = document.createElement("div"); note.className = "note"; note.setAttribute("aria-hidden", "true"); document.body.appendChild(note); }
      note.textContent = title.textContent;
      note.hidden = false;
      var box = svg.getBoundingClientRect();
      note.style.left = Math.min(event.clientX + 14, Math.max(0, window.innerWidth - note.offsetWidth - 8)) + "px";
      note.style.top = Math.max(4, Math.min(event.clientY, box.bottom) - note.offsetHeight - 12) + "px";
    });
    svg.addEventListener("pointerleave", hide);
  });
}());
