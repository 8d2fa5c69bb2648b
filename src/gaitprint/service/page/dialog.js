/** Questions in front of the page: the browser's own dialogs, which keep the focus and close by Escape. */

import { fill, fresh, h, iconButton } from "./dom.js";
import { complain } from "./said.js";

/**
 * Show a dialog.
 * @param {string} title
 * @param {(Node|string)[]} body
 * @param {object} [how]
 * @param {string} [how.yes] words of the button that does it; none: the dialog only shows
 * @param {() => Promise<any>|any} [how.act] does it; where it fails the dialog stays, with the error in it
 * @param {boolean} [how.danger] whether it cannot be taken back
 * @param {boolean} [how.wide]
 * @returns {Promise<any>} what `act` returned, true for nothing; undefined where it was closed
 */
export function ask(title, body, { yes = "", act = () => true, danger = false, wide = false } = {}) {
  return new Promise((resolve) => {
    const heading = h("h2", { id: fresh("title") }, title);
    const wrong = h("p.said.error", { role: "alert", hidden: true });
    const done = yes && h(danger ? "button.danger" : "button.primary", { type: "submit" }, yes);
    const cancel = h("button", { click: () => dialog.close() }, yes ? "Cancel" : "Close");
    let answer;
    const send = async (event) => {
      event.preventDefault();
      if (!yes) return dialog.close();
      done.disabled = true;
      wrong.hidden = true;
      try {
        answer = (await act()) ?? true;
        // false: what was filled in is not enough yet, and that was said
        if (answer !== false) dialog.close();
      } catch (error) {
        // in the dialog, where the eye is; the page behind it is inert
        wrong.hidden = false;
        fill(wrong, error.message || String(error));
      } finally {
        done.disabled = false;
      }
      return undefined;
    };
    const form = h("form", { submit: send }, heading, ...body, wrong, h("div.buttons", {}, done || null, cancel));
    const close = iconButton("close", "Close", () => dialog.close());
    const dialog = h(`dialog${wide ? ".wide" : ""}`, { "aria-labelledby": heading.id }, close, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer === false ? undefined : answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    // the first field, not the button that closes
    (form.querySelector("input, select, textarea") || done || cancel).focus();
  });
}

/** Whether a dialog is in front of the page. */
export function asking() {
  return document.querySelector("dialog[open]") !== null;
}

/** Ask for one text. */
export function askText(title, label, value, yes, act) {
  const input = h("input", { type: "text", value, required: true, maxlength: "300", autocomplete: "off" });
  return ask(title, [h("label", {}, h("span", {}, label), input)], { yes, act: () => act(input.value.trim()) });
}

/** Run what opens dialogs, and say what went wrong before they opened. */
export function opening(work) {
  return () => Promise.resolve(work()).catch(complain);
}
