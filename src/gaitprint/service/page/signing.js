/** Signing in by a key, which stays in this tab and goes with it. */

import { setKey } from "./api.js";
import { fill, h } from "./dom.js";
import { enter } from "./state.js";

/**
 * Show the place to sign in.
 * @param {HTMLElement} place
 * @param {string} why an error that led here, or an empty text
 * @param {() => void} entered
 */
export function signIn(place, why, entered) {
  const input = h("input", { type: "password", required: true, autocomplete: "off", spellcheck: "false", id: "key" });
  const wrong = h("p.said.error", { role: "alert", hidden: !why }, why);
  const button = h("button.primary", { type: "submit" }, "Sign in");
  const submit = async (event) => {
    event.preventDefault();
    setKey(input.value.trim());
    button.disabled = true;
    try {
      await enter();
      entered();
    } catch (error) {
      setKey("");
      wrong.hidden = false;
      fill(wrong, error.message);
      input.select();
    } finally {
      button.disabled = false;
    }
  };
  fill(
    place,
    h(
      "form.card.sign-in",
      { submit },
      h("h1", {}, "Sign in"),
      h("p.note", {}, "The key was shown once, when the service was first started or when somebody made one for you."),
      h("label", { for: "key" }, h("span", {}, "Key")),
      input,
      wrong,
      button,
      h("p.note", {}, "It is kept in this tab only, and forgotten when the tab is closed."),
    ),
  );
  input.focus();
}
