/** What the page says: answers in a live region, errors in one line, each with a way back where there is one. */

import { fill, h, iconButton } from "./dom.js";

const SHOWN_MS = 12000;

/** Say that something was done; with `undo` there is a button that takes it back. */
export function say(text, undo = null) {
  show("note", text, undo);
}

/** Say what went wrong, in one line with the id of the request. */
export function complain(error) {
  if (error.name === "AbortError") return;
  console.info(error);
  // behind an open dialog nobody can read
  const inside = document.querySelector("dialog[open] [role=alert]");
  if (inside) {
    inside.hidden = false;
    fill(inside, error.message || String(error));
  } else show("error", error.message || String(error), null);
}

/** Speak without showing: what is on the page already. */
export function speak(text) {
  const place = document.getElementById("spoken");
  // the same words twice are read only if the region was empty between
  fill(place);
  requestAnimationFrame(() => fill(place, text));
}

function show(kind, text, undo) {
  const place = document.getElementById(kind === "error" ? "alerts" : "notices");
  const close = () => line.remove();
  const button =
    undo &&
    h(
      "button.small",
      {
        click: () => {
          close();
          undo();
        },
      },
      "Undo",
    );
  const line = h(`div.said.${kind}`, {}, h("span", {}, text), button, iconButton("close", "Close this message", close));
  fill(place, line);
  // errors stay until they are read
  if (kind !== "error") setTimeout(close, SHOWN_MS);
}

/** Run something that may fail, with its button out of use meanwhile; true where it went well. */
export async function attempt(work, button = null) {
  if (button) button.disabled = true;
  try {
    await work();
    return true;
  } catch (error) {
    complain(error);
    return false;
  } finally {
    if (button) button.disabled = false;
  }
}
