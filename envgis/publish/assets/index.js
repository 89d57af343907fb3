"use strict";
// The index: the chosen hazard map fills the cells and colours the outlines.
(() => {
  const views = envgis.json("cells"), choice = document.getElementById("view");
  function show() {
    const { text, shade } = views[choice.value];
    document.querySelectorAll("[data-cell]").forEach((node) => { node.textContent = envgis.text(text[node.dataset.cell]); });
    document.querySelectorAll("[data-filled]").forEach((node) => { node.hidden = !text[node.dataset.filled]; });
    document.querySelectorAll("[data-shade]").forEach((node) => node.setAttribute("class", `shade shade-${shade[node.dataset.shade]}`));
  }
  choice.addEventListener("change", show);
  envgis.listen();
  envgis.onSpeak(show);
  envgis.speak(document.documentElement.lang);
})();
