/** Everybody who is enrolled: thousands, searched and paged by the service. */

import { get } from "./api.js";
import { h } from "./dom.js";
import { enrolFiles } from "./enrolling.js";
import { VirtualList } from "./list.js";
import { PersonView } from "./person.js";
import { complain } from "./said.js";
import { may } from "./state.js";
import { walks } from "./words.js";

const PAUSE_MS = 20;
const ORDERS = { name: "By name", id: "By id", newest: "Newest first" };

/** The list of people, and one of them beside it. */
export class PeopleView {
  constructor() {
    this.search = h("input", {
      type: "search",
      placeholder: "Name or id:3",
      "aria-label": "Search people",
      "data-search": "",
    });
    this.tag = h("input", { type: "search", placeholder: "Tag", "aria-label": "Only people with this tag" });
    this.sort = h(
      "select",
      { "aria-label": "Order" },
      Object.entries(ORDERS).map(([value, words]) => h("option", { value }, words)),
    );
    this.removed = h("input", { type: "checkbox" });
    this.count = h("p.note", { role: "status" });
    this.person = new PersonView();
    this.list = new VirtualList({
      label: "People",
      load: (offset, limit, signal) => this.load(offset, limit, signal),
      draw: drawRow,
      // the address names the person, so that going back goes back
      choose: (row) => {
        location.hash = `#/people/${row.id}`;
      },
    });
    this.side = h(
      "section.side",
      { "aria-labelledby": "people-title" },
      h(
        "div.heading",
        {},
        h("h1", { id: "people-title" }, "People"),
        may("enrol") && h("button.primary", { click: enrolFiles }, "Enrol …"),
      ),
      h("div.filters", {}, this.search, this.tag, this.sort, h("label.check", {}, this.removed, "removed")),
      this.count,
      this.list.element,
    );
    this.main = h("section.main", { "aria-label": "Person" }, this.person.element);
    this.element = h("div.split", {}, this.side, this.main);
    for (const input of [this.search, this.tag]) input.addEventListener("input", () => this.soon());
    for (const input of [this.sort, this.removed]) input.addEventListener("change", () => this.start());
    this.search.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        this.list.element.focus();
        this.list.pick(0);
      }
    });
  }

  async load(offset, limit, signal) {
    const query = {
      q: this.search.value.trim(),
      tag: this.tag.value.trim(),
      sort: this.sort.value,
      offset,
      limit,
    };
    const { people, total } = await get("people", { ...query, removed: this.removed.checked }, signal);
    this.count.textContent = total === 1 ? "1 person" : `${total.toLocaleString("en")} people`;
    return { total, rows: people };
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), PAUSE_MS);
  }

  async start() {
    try {
      const asked = this.search.value.trim() || this.tag.value.trim();
      await this.list.refresh(asked ? "Nobody is found." : "Nobody is enrolled yet.");
    } catch (error) {
      complain(error);
    }
  }

  /** Show the person whose id the address has; nobody without one. */
  async visit(id) {
    this.element.classList.toggle("opened", Boolean(id));
    if (id) await this.person.open(Number(id));
    else this.person.clear();
  }

  /** Look again, at the same place: somebody was corrected. */
  async refresh() {
    const { scrollTop } = this.list.element;
    const { active } = this.list;
    await this.start();
    this.list.active = Math.min(active, this.list.total - 1);
    this.list.element.scrollTop = scrollTop;
    this.list.show();
    await this.person.refresh();
  }

  get keys() {
    return {
      j: () => this.list.pick(Math.min(this.list.total - 1, this.list.active + 1)),
      k: () => this.list.pick(Math.max(0, this.list.active - 1)),
      "/": () => this.search.focus(),
      ...this.person.keys,
    };
  }
}

function drawRow(person) {
  return [
    h("span.two", {}, h("span", {}, person.name), h("small", {}, `id ${person.id} · ${walks(person.samples)}`)),
    h(
      "span.tags",
      {},
      person.tags.slice(0, 3).map((tag) => h("span.badge.plain", {}, tag)),
    ),
  ];
}
