/** The page as a whole: who is signed in, which view is shown, which keys do what. */

import { key, setKey } from "./api.js";
import { AuditView } from "./audit.js";
import { calibrationNotice } from "./calibrating.js";
import { opening } from "./dialog.js";
import { undoLast } from "./corrections.js";
import { fill, h, iconButton } from "./dom.js";
import { IdentifyView } from "./identify.js";
import { listen, showHelp } from "./keys.js";
import { PeopleView } from "./people.js";
import { ReviewView } from "./review.js";
import { complain, speak } from "./said.js";
import { switchTheme } from "./settings.js";
import { signIn } from "./signing.js";
import { enter, gallery, leave, may, whoAmI } from "./state.js";
import { forgetWalks } from "./walk.js";

/** Views by their address: title, what the key has to allow, and how one is made. */
const VIEWS = {
  identify: ["Identify", "search", () => new IdentifyView()],
  people: ["People", "read", () => new PeopleView()],
  review: ["Review", "read", () => new ReviewView()],
  changes: ["Changes", "audit", () => new AuditView()],
};

const content = document.getElementById("content");
const top = document.getElementById("top");
const made = new Map();
let shown = null;

/** Names of the views that the key allows. */
function allowed() {
  return Object.keys(VIEWS).filter((name) => may(VIEWS[name][1]));
}

function drawTop() {
  const tools = [
    may("enrol") && iconButton("undo", "Undo the last change (u)", opening(undoLast)),
    iconButton("theme", "Light or dark (t)", theme),
    iconButton("help", "Keys and help (?)", help),
    whoAmI() && iconButton("leave", "Sign out", () => out("")),
  ];
  const links = whoAmI() ? allowed() : [];
  fill(
    top,
    h("span.brand", {}, "gaitprint"),
    h(
      "nav",
      { "aria-label": "Views" },
      links.map((name) => h("a", { href: `#/${name}`, "data-view": name }, VIEWS[name][0])),
    ),
    h("div.tools", {}, tools),
  );
}

/** Show the view that the address names. */
async function route() {
  if (!whoAmI()) return;
  const [, name, rest] = location.hash.split("/");
  const known = allowed();
  if (!known.includes(name)) {
    if (known.length) location.replace(`#/${known[0]}`);
    else fill(content, h("p.empty", {}, "This key may neither search nor read: ask for one that may."));
    return;
  }
  const first = !made.has(name);
  if (first) made.set(name, VIEWS[name][2]());
  const view = made.get(name);
  const other = shown !== view;
  shown = view;
  for (const link of top.querySelectorAll("[data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (other) {
    fill(
      content,
      h("div.notice", {}, calibrationNotice()),
      h("button.back", { click: back }, "← Back to the list"),
      view.element,
    );
    document.title = `${VIEWS[name][0]} – gaitprint`;
    if (first || name !== "identify") await view.start?.();
  }
  await view.visit?.(rest);
}

function back() {
  shown.element.classList.remove("opened");
  if (location.hash.startsWith("#/people/")) location.hash = "#/people";
  shown.list?.element.focus();
}

async function refresh() {
  try {
    await enter();
    fill(content.querySelector(".notice"), calibrationNotice());
    await shown?.refresh?.();
  } catch (error) {
    complain(error);
  }
}

function theme() {
  speak(`The page is ${switchTheme()} now.`);
}

function help() {
  const now = gallery();
  const about = now
    ? `gaitprint ${now.version}; ${now.people.toLocaleString("en")} people; nothing of a walk is kept in this browser.`
    : "";
  showHelp(about);
}

/** Sign out: the key and all pictures go. */
function out(why) {
  setKey("");
  leave();
  forgetWalks();
  made.clear();
  shown = null;
  drawTop();
  signIn(content, why, entered);
}

function entered() {
  drawTop();
  route().catch(complain);
}

listen((pressed, alt) => {
  if (pressed === "?") return help;
  if (pressed === "t" && !alt) return theme;
  if (!whoAmI()) return undefined;
  if (alt) {
    const name = allowed()[Number(pressed) - 1];
    return (
      name &&
      (() => {
        location.hash = `#/${name}`;
      })
    );
  }
  if (pressed === "u" && may("enrol")) return opening(undoLast);
  if (pressed === "Escape" && shown?.element.classList.contains("opened")) return back;
  return shown?.keys[pressed];
});
window.addEventListener("hashchange", () => route().catch(complain));
document.addEventListener("changed", refresh);
document.addEventListener("signed-out", (event) => whoAmI() && out(event.detail));
// a file that misses its place would otherwise be opened instead of the page
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
// the address names the view, so the way past the navigation cannot be a part of it
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
});
drawTop();
if (key()) enter().then(entered, (error) => out(error.message));
else out("");
