/* Search over the edition, in the browser: the words of a question are looked up in small files of the folder search/. Nothing leaves the browser. */
"use strict";
var custodes = {};
(function () {
  var box = document.querySelector(".search");
  if (!box) { return; }
  var field = document.getElementById("q"), found = document.getElementById("found"), hits = document.getElementById("hits");
  var told = box.dataset, root = told.root, base = document.currentScript ? document.currentScript.src.replace(/static\/search\.js.*$/, "") : root;
  var shards = new Set(told.shards.split(" ")), wordFiles = {}, pageFiles = {}, waiting = {}, asked = 0, STEP = 50;
  custodes.words = function (name, held) { wordFiles[name] = held; };
  custodes.pages = function (number, rows) { pageFiles[number] = rows; };
  function load(url) {
    if (!waiting[url]) {
      waiting[url] = new Promise(function (done) {
        var script = document.createElement("script");
        script.src = url;
        script.onload = script.onerror = done;
        document.head.appendChild(script);
      });
    }
    return waiting[url];
  }
  function words(text) {
    var plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/ß/g, "ss").replace(/ς/g, "σ");
    return (plain.match(/[\p{L}\p{N}]+/gu) || []).filter(function (word) { return Array.from(word).length > 1; }).map(function (word) { return word.slice(0, 40); });
  }
  function shard(word) { return Array.from(word).slice(0, 2).map(function (c) { return c.codePointAt(0).toString(16); }).join("-"); }
  function unpack(text, into) {
    var last = 0;
    text.split(" ").forEach(function (part) {
      var run = part.split("."), n;
      last += parseInt(run[0], 36);
      into.add(last);
      for (n = run[1] ? parseInt(run[1], 36) : 0; n > 0; n -= 1) { last += 1; into.add(last); }
    });
  }
  function numbers(word, whole) {
    var held = wordFiles[shard(word)] || {}, into = new Set();
    Object.keys(held).forEach(function (key) { if (whole ? key === word : key.startsWith(word)) { unpack(held[key], into); } });
    return into;
  }
  function show(list, from, turn) {
    var part = list.slice(from, from + STEP), files = Array.from(new Set(part.map(function (n) { return Math.floor(n / 500); })));
    return Promise.all(files.map(function (n) { return load(told.index + "d-" + n + ".js"); })).then(function () {
      if (turn !== asked) { return; }
      part.forEach(function (n) {
        var row = (pageFiles[Math.floor(n / 500)] || [])[n % 500];
        if (!row) { return; }
        var item = document.createElement("li"), link = document.createElement("a"), kind = document.createElement("small");
        link.href = root + row[2];
        link.textContent = row[1];
        kind.textContent = " " + row[0];
        item.append(link, kind);
        if (row[3]) {
          var line = document.createElement("p"), words = document.createElement("bdi");
          words.dir = "auto";
          words.lang = "";
          words.textContent = row[3];
          line.appendChild(words);
          item.appendChild(line);
        }
        hits.appendChild(item);
      });
      var old = document.getElementById("more");
      if (old) { old.remove(); }
      if (from + STEP < list.length) {
        var more = document.createElement("button");
        more.type = "button";
        more.id = "more";
        more.textContent = "+ " + Math.min(STEP, list.length - from - STEP);
        more.addEventListener("click", function () { show(list, from + STEP, asked); });
        hits.after(more);
      }
    });
  }
  function ask() {
    var turn = asked += 1, list = words(field.value);
    try { history.replaceState(null, "", field.value ? "#q=" + encodeURIComponent(field.value) : "#"); } catch (error) { /* a page opened as a file may not */ }
    if (!list.length) {
      hits.replaceChildren();
      found.textContent = field.value.trim() ? told.short : "";
      return;
    }
    Promise.all(list.map(shard).filter(function (name) { return shards.has(name); }).map(function (name) { return load(base + "search/t-" + name + ".js"); })).then(function () {
      if (turn !== asked) { return; }
      var sets = list.map(function (word, at) { return numbers(word, at < list.length - 1); }).sort(function (a, b) { return a.size - b.size; });
      var all = Array.from(sets[0]).filter(function (n) { return sets.every(function (set) { return set.has(n); }); }).sort(function (a, b) { return a - b; });
      hits.replaceChildren();
      found.textContent = !all.length ? told.none : (all.length === 1 ? told.one : told.many.replace("{n}", all.length.toLocaleString(document.documentElement.lang))) + (all.length > STEP ? "; " + told.shown.replace("{n}", STEP) : "");
      show(all, 0, turn);
    });
  }
  var timer = 0;
  field.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, 120); });
  var given = /[#&]q=([^&]*)/.exec(location.hash);
  if (given) { try { field.value = decodeURIComponent(given[1]); } catch (error) { field.value = ""; } ask(); }
}());
