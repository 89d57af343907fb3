"use strict";
// The switch between Spanish and English, without reload: `lang` of the page decides which elements the style shows.
var envgis = (() => {
  const page = document.documentElement;
  const told = [];

  function speak(language) {
    page.lang = language;
    document.title = page.dataset[`title${language === "es" ? "Es" : "En"}`];
    document.querySelectorAll("[data-es]").forEach((node) => { node.textContent = node.dataset[language]; });
    document.querySelectorAll("[data-label-es]").forEach((node) => {
      node.setAttribute("aria-label", language === "es" ? node.dataset.labelEs : node.dataset.labelEn);
    });
    document.querySelectorAll("[data-speak]").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.speak === language));
    });
    told.forEach((listener) => listener(language));
  }

  function listen() {
    document.querySelectorAll("[data-speak]").forEach((button) => button.addEventListener("click", () => speak(button.dataset.speak)));
  }

  // Paper has no folds: what is folded away is opened for printing, and folded again.
  function unfold() {
    const folded = [...document.querySelectorAll("details:not([open], .no-print)")];
    folded.forEach((one) => { one.open = true; });
    window.addEventListener("afterprint", () => folded.forEach((one) => { one.open = false; }), { once: true });
  }
  window.addEventListener("beforeprint", unfold);

  // A text of the data: plain, or one for each language.
  const text = (words) => (words === null || typeof words !== "object" ? String(words ?? "") : words[page.lang]);
  const onSpeak = (listener) => told.push(listener);

  const json = (id) => JSON.parse(document.getElementById(id).textContent);

  return { speak, listen, text, onSpeak, json };
})();
