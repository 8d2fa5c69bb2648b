/* Light or dark as it was chosen, before anything is drawn: this file is no module, so that the page waits for it. */
(() => {
  const chosen = localStorage.getItem("gaitprint-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
