/** Choosing a person by typing a part of their name or their number: the service searches, not the page. */

import { get } from "./api.js";
import { fill, fresh, h } from "./dom.js";
import { complain } from "./said.js";
import { walks } from "./words.js";

const MOST = 8;
const PAUSE_MS = 120;

/**
 * A text field with people below it.
 * @param {object} how
 * @param {string} how.label
 * @param {boolean} [how.fresh] whether a name that nobody has may be given: a new person
 * @param {number[]} [how.without] ids of people who are no choice
 * @param {string} [how.value]
 * @param {(person: object|null) => void} [how.changed]
 * @returns {{element: HTMLElement, chosen: () => {person: object|null, name: string}}}
 */
export function personPicker({ label, fresh: mayBeNew = false, without = [], value = "", changed = () => {} }) {
  const list = h("ul.options", { role: "listbox", id: fresh("people"), "aria-label": "People", hidden: true });
  const input = h("input", {
    type: "text",
    role: "combobox",
    autocomplete: "off",
    value,
    required: true,
    maxlength: "300",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-autocomplete": "list",
  });
  const hint = h("small.note", { "aria-live": "polite" });
  let [found, active, person, timer, stop] = [[], -1, null, 0, null];

  const settle = (chosen) => {
    person = chosen;
    if (chosen) input.value = chosen.name;
    close();
    const name = input.value.trim();
    const nobody = mayBeNew ? `A new person, ${name}` : "Choose one of the list";
    fill(hint, person ? `${person.name}, id ${person.id}, ${walks(person.samples)}` : name ? nobody : "");
    changed(person);
  };
  const take = (chosen) => {
    // a search that is still on its way would open the list again
    clearTimeout(timer);
    stop?.abort();
    settle(chosen);
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    active = -1;
  };
  const show = () => {
    fill(
      list,
      found.map((p, i) =>
        h(
          "li",
          // before the field loses the focus
          {
            role: "option",
            id: `${list.id}-${i}`,
            "aria-selected": String(i === active),
            mousedown: (e) => {
              e.preventDefault();
              take(p);
            },
          },
          h("b", {}, p.name),
          h("small", {}, ` id ${p.id} · ${walks(p.samples)}`),
        ),
      ),
    );
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", `${list.id}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };
  const search = async () => {
    stop?.abort();
    stop = new AbortController();
    try {
      const answer = await get("people", { q: input.value.trim(), limit: MOST + without.length }, stop.signal);
      found = answer.people.filter((p) => !without.includes(p.id)).slice(0, MOST);
      active = -1;
      // an exact name of one person is that person, typed in full
      const same = found.filter((p) => p.name === input.value.trim());
      settle(same.length === 1 ? same[0] : null);
      if (document.activeElement === input) show();
    } catch (error) {
      complain(error);
    }
  };
  input.addEventListener("input", () => {
    person = null;
    clearTimeout(timer);
    timer = setTimeout(search, PAUSE_MS);
  });
  input.addEventListener("focus", () => {
    if (!person) search();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      // closes the list, and not the dialog around it
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && active >= 0 && !list.hidden) {
      event.preventDefault();
      take(found[active]);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const by = event.key === "ArrowDown" ? 1 : -1;
      if (found.length) active = (active + by + found.length) % found.length;
      show();
    }
  });
  const box = h("div.combobox", {}, h("label", {}, h("span", {}, label), input), list);
  return { element: h("div.field", {}, box, hint), chosen: () => ({ person, name: input.value.trim() }) };
}
