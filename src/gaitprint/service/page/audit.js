/** Every change that was made, newest first, by ids and never by names. */

import { get } from "./api.js";
import { undo } from "./corrections.js";
import { fill, h } from "./dom.js";
import { complain } from "./said.js";
import { may } from "./state.js";
import { when } from "./words.js";

const PAGE = 100;

/** The list of changes. */
export class AuditView {
  constructor() {
    this.lines = h("ol.audit", { "aria-label": "Changes" });
    this.more = h("button", { click: () => this.older() }, "Older changes");
    const note = "Each line holds the hash of the one before; what can be taken back has a button.";
    this.element = h(
      "section.single",
      { "aria-labelledby": "audit-title" },
      h("h1", { id: "audit-title" }, "Changes"),
      h("p.note", {}, note),
      this.lines,
      this.more,
    );
  }

  async start() {
    fill(this.lines);
    this.before = null;
    await this.older();
  }

  async older() {
    try {
      const { changes } = await get("audit", { limit: PAGE, before: this.before });
      this.lines.append(...changes.map((line) => this.row(line)));
      this.before = changes.at(-1)?.change ?? null;
      this.more.hidden = changes.length < PAGE;
      if (!this.lines.children.length) this.lines.append(h("li.empty", {}, "Nothing was changed yet."));
    } catch (error) {
      complain(error);
    }
  }

  refresh() {
    return this.start();
  }

  row(line) {
    const back =
      line.undoable &&
      may("enrol") &&
      h(
        "button.small",
        {
          "aria-label": `Undo change ${line.change}, ${line.verb}`,
          click: () => undo(line.change),
        },
        "Undo",
      );
    return h(
      "li",
      {},
      h("b", {}, line.verb),
      h(
        "span.two",
        {},
        h("span", {}, details(line.details)),
        h("small", {}, `change ${line.change} · ${when(line.at)}`),
      ),
      back,
    );
  }

  get keys() {
    return {};
  }
}

/** What a change touched, in words; people are links. */
function details(touched) {
  const said = [];
  for (const [name, value] of Object.entries(touched)) {
    if (value === null || (Array.isArray(value) && !value.length)) continue;
    if (said.length) said.push(", ");
    // a number of people is no person
    const person = name === "person" || name === "new" || (name === "people" && Array.isArray(value));
    const shown = [value].flat().slice(0, 8);
    said.push(`${name} `);
    shown.forEach((one, i) =>
      said.push(i ? " " : "", person ? h("a", { href: `#/people/${one}` }, String(one)) : String(one)),
    );
    if (Array.isArray(value) && value.length > 8) said.push(` and ${value.length - 8} more`);
  }
  return said;
}
