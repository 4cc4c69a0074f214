// Moves through the visit list by keys; the list is the same without it.
(function () {
  "use strict";
  var links = Array.prototype.slice.call(document.querySelectorAll("table.queue th.who > a:first-child"));
  var help = document.getElementById("keys");
  var search = document.getElementById("q");
  // single letters act nowhere else: somebody may dictate, or hold a switch (WCAG 2.1.4)
  function here() { return document.activeElement.closest("table.queue, form.search, #keys"); }
  function row() { return document.activeElement.closest("table.queue tbody tr"); }
  function at() { return links.findIndex(function (link) { return link.closest("tr") === row(); }); }
  function step(by) {
    var from = at();
    var to = from < 0 ? 0 : Math.min(links.length - 1, Math.max(0, from + by));
    if (links[to]) { links[to].focus(); }
    return true;
  }
  // outside of the list, arrows go on scrolling the page
  function arrow(by) { return at() >= 0 && step(by); }
  function choose() {
    var box = row() && row().querySelector("input[type=checkbox]");
    if (box) { box.checked = !box.checked; }
    return Boolean(box);
  }
  function toSearch() { search.focus(); return true; }
  function showHelp() {
    if (!help) { return false; }
    help.open = !help.open;
    help.querySelector("summary").focus();
    return true;
  }
  var keys = {
    j: step.bind(null, 1), k: step.bind(null, -1), x: choose, "/": toSearch, "?": showHelp,
    ArrowDown: arrow.bind(null, 1), ArrowUp: arrow.bind(null, -1)
  };
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    var act = keys[event.key];
    if (!act || typing || !here() || event.ctrlKey || event.altKey || event.metaKey) { return; }
    if (act()) { event.preventDefault(); }
  });
})();
