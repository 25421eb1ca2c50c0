// Before anything is painted: the language of the labels and the colours that were chosen.
(function () {
  "use strict";
  var root = document.documentElement;
  function kept(name) {
    try { return localStorage.getItem("digest." + name); } catch (_) { return null; }
  }
  root.dataset.ui = kept("language") === "en" ? "en" : "zh";
  var theme = kept("theme");
  if (theme === "dark" || theme === "light") root.dataset.theme = theme;
  root.dataset.script = "on";
})();
