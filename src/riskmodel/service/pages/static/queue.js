// Moves through the visit list by keys; the list is the same without it.
(function () {
  "use strict";
  var links = Array.prototype.slice.call(document.querySelectorAll("table.queue th.who > a:first-child"));
  function step(by) {
    var at = links.indexOf(document.activeElement);
    var to = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + by));
    if (links[to]) { links[to].focus(); }
  }
  function choose() {
    var row = document.activeElement.closest("tr");
    var box = row && row.querySelector("input[type=checkbox]");
    if (box) { box.checked = !box.checked; }
  }
  var keys = {
    j: function () { step(1); },
    k: function () { step(-1); },
    x: choose,
    "/": function () { document.getElementById("q").focus(); }
  };
  document.addEventListener("keydown", function (event) {
    var typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "checkbox";
    var act = keys[event.key];
    if (!act || typing || event.ctrlKey || event.altKey || event.metaKey) { return; }
    event.preventDefault();
    act();
  });
})();
