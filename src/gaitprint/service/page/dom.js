/** Elements made without markup: a name is set as text and never read as HTML. */

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  play: "M7 5v14l12-7z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  back: "M6 5h2v14H6zM19 5v14L9 12z",
  forward: "M16 5h2v14h-2zM5 5v14l10-7z",
  undo: "M9 4 3 10l6 6v-4h5a4 4 0 0 1 0 8h-3v2h3a6 6 0 0 0 0-12H9z",
  theme: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20zm0 2a8 8 0 0 1 0 16z",
  help: "M11 16h2v2h-2zM12 5a4 4 0 0 0-4 4h2a2 2 0 1 1 3 1.7c-1.2.7-2 1.6-2 3.3h2c0-1 .5-1.3 1.2-1.8A4 4 0 0 0 12 5z",
  leave: "M4 4h8v2H6v12h6v2H4zM15 7l5 5-5 5v-4H9v-2h6z",
  close: "m6 7.4 1.4-1.4L12 10.6 16.6 6 18 7.4 13.4 12l4.6 4.6-1.4 1.4L12 13.4 7.4 18 6 16.6 10.6 12z",
};

/**
 * An element.
 * @param {string} tag its name, with classes behind dots: "button.plain"
 * @param {object} props attributes; functions listen to the event of their name; null and false are left out
 * @param {...(Node|string|null|undefined|false|Array)} children
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  // a button in a form would send it, unless it says that it is another kind
  if (name === "button" && !("type" in props)) made.type = "button";
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key, value);
    else if (key === "value" || key === "checked" || key === "disabled" || key === "hidden") made[key] = value;
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...flat(children));
  return made;
}

/** Put these in place of what is there. */
export function fill(place, ...children) {
  place.replaceChildren(...flat(children));
  return place;
}

function flat(children) {
  return children.flat(3).filter((c) => c !== null && c !== undefined && c !== false);
}

/** A drawn sign that is silent to screen readers: the button around it has the words. */
export function icon(name) {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 24 24");
  drawn.setAttribute("aria-hidden", "true");
  drawn.setAttribute("class", "icon");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  path.setAttribute("fill-rule", "evenodd");
  drawn.append(path);
  return drawn;
}

/** A button with a sign, its words for all who do not see it. */
export function iconButton(name, words, click, props = {}) {
  return h("button.icon-button", { "aria-label": words, title: words, click, ...props }, icon(name));
}

/** A field under its label. */
export function field(label, input, note = "") {
  // the label holds the input, so that no id is needed; the note belongs to its description
  const said = note ? h("small.note", { id: fresh("note") }, note) : null;
  if (said) input.setAttribute("aria-describedby", said.id);
  return h("div.field", {}, h("label", {}, h("span", {}, label), input), said);
}

let count = 0;

/** An id nobody else has. */
export function fresh(word) {
  count += 1;
  return `${word}-${count}`;
}
