/** What an operator chose about the page itself; nothing of anybody's walk is kept in the browser. */

const THEME = "gaitprint-theme";
const KEYS = "gaitprint-shortcuts";

/** Whether motion is to be started by hand only. */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** Whether it is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Change between light and dark; what is chosen stays in this browser. */
export function switchTheme() {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem(THEME, next);
  // canvases are drawn in the page's colours
  document.dispatchEvent(new CustomEvent("theme"));
  return next;
}

/** Whether single letters are shortcuts: they can be switched off, for those who speak to their computer. */
export function lettersAreKeys() {
  return localStorage.getItem(KEYS) !== "off";
}

/** Switch them on or off. */
export function setLetters(on) {
  localStorage.setItem(KEYS, on ? "on" : "off");
}
