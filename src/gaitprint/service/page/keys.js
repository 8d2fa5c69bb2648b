/** Keys for those who go through many walks, and the sheet that lists them. */

import { ask, asking } from "./dialog.js";
import { h } from "./dom.js";
import { lettersAreKeys, setLetters } from "./settings.js";

const SHEET = {
  Everywhere: {
    "Alt 1 … 4": "identify, people, review, changes",
    "/": "search",
    u: "undo the last change",
    t: "light or dark",
    "?": "this sheet",
    Esc: "close a dialog; on a phone, back to the list",
  },
  Lists: { "j k": "next, previous", "↑ ↓ Home End PgUp PgDn": "the same, with the focus in the list" },
  "An answer": {
    Enter: "yes, this is the person",
    x: "not this person",
    s: "a stranger",
    e: "enrol under a name",
    "1 … 5": "another of the nearest people",
    r: "ask again",
  },
  "A walk": { Space: "play or pause", ", .": "a frame back, a frame forth" },
  "A person": { m: "merge somebody into them", n: "rename" },
};
const TYPING = "input:not([type=checkbox]):not([type=range]), textarea, select";
const PRESSED = "button, a, summary, input";

/**
 * Listen to keys.
 * @param {(key: string, alt: boolean) => (Function|undefined)} find what a key does now
 */
export function listen(find) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || asking()) return;
    const { target, key, altKey } = event;
    // what is typed is text, and Enter and Space press what has the focus
    if (!altKey && target.matches(TYPING)) return;
    if ((key === "Enter" || key === " ") && target.matches(PRESSED)) return;
    if (!altKey && key.length === 1 && key !== " " && !lettersAreKeys()) return;
    const act = find(key, altKey);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Show all keys. */
export function showHelp(about) {
  const box = h("input", { type: "checkbox", checked: lettersAreKeys() });
  box.addEventListener("change", () => setLetters(box.checked));
  const tables = Object.entries(SHEET).map(([title, keys]) =>
    h(
      "section",
      {},
      h("h3", {}, title),
      h(
        "dl.keys",
        {},
        Object.entries(keys).map(([key, words]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, words))),
      ),
    ),
  );
  const letters = h("label.check", {}, box, "Single letters are shortcuts");
  return ask("Keys", [letters, h("div.sheet", {}, tables), h("p.note", {}, about)], { wide: true });
}
