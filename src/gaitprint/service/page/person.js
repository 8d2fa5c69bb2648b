/** One person: their walks, and all that can be put right about them. */

import { get } from "./api.js";
import * as corrections from "./corrections.js";
import { opening } from "./dialog.js";
import { fill, h } from "./dom.js";
import { merge } from "./merging.js";
import { Player } from "./player.js";
import { complain } from "./said.js";
import { gallery, may } from "./state.js";
import { walkOf } from "./walk.js";
import { walks, when } from "./words.js";

/** The panel of one person. */
export class PersonView {
  constructor() {
    this.element = h("article.person");
    this.player = new Player();
    this.clear();
  }

  clear() {
    this.stop?.abort();
    this.id = null;
    this.person = null;
    this.chosen = new Set();
    this.player.pause();
    fill(this.element, h("p.empty", {}, "Choose somebody of the list."));
  }

  /** Show a person. */
  async open(id) {
    this.stop?.abort();
    this.stop = new AbortController();
    // remembered at once: whoever looks again meanwhile must not come back to the one before
    this.id = id;
    try {
      const found = await get(`people/${id}`, {}, this.stop.signal);
      const same = this.person?.id === id;
      Object.assign(this, { person: found.person, samples: found.samples });
      const there = new Set(found.samples.map((s) => s.id));
      this.chosen = new Set(same ? [...this.chosen].filter((s) => there.has(s)) : []);
      this.draw();
      await this.showWalks();
    } catch (error) {
      if (error.status === 404) this.clear();
      complain(error);
    }
  }

  async refresh() {
    if (this.id !== null) await this.open(this.id);
  }

  draw() {
    const { person, samples } = this;
    const facts = [
      ["Id", String(person.id)],
      ["Tags", person.tags.join(", ") || "none"],
      ["Legal basis", person.basis || "not given"],
      ["Expires", person.expires || "never"],
      ["Enrolled", when(person.enrolled)],
    ];
    fill(
      this.element,
      h(
        "header.heading",
        {},
        h("h2", { tabindex: "-1" }, person.name),
        person.removed && h("span.badge.caution", {}, "removed"),
      ),
      h(
        "dl.facts",
        {},
        facts.map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))),
      ),
      h("div.toolbar", { role: "group", "aria-label": `Correct ${person.name}` }, this.buttons()),
      this.player.element,
      h("h3", { id: "walks-title" }, walks(samples.length)),
      samples.length > 1 && h("p.note", {}, "Mark two to see them side by side; marked walks can be moved or removed."),
      h(
        "ul.samples",
        { "aria-labelledby": "walks-title" },
        samples.slice(0, 500).map((s) => this.row(s)),
      ),
      samples.length > 500 && h("p.note", {}, `${samples.length - 500} more are not shown.`),
      (this.bulk = h("div.toolbar.bulk", { role: "group", "aria-label": "Marked walks" })),
    );
    this.drawBulk();
  }

  buttons() {
    const { person } = this;
    const made = [];
    const add = (scope, words, work, kind = "") =>
      may(scope) && made.push(h(`button${kind}`, { click: opening(work) }, words));
    if (person.removed) {
      add(
        "delete",
        "Restore",
        () => corrections.put("restore", { people: [person.id] }, `${person.name} is`),
        ".primary",
      );
    } else {
      add("enrol", "Rename …", () => corrections.rename(person));
      add("enrol", "Tags …", () => corrections.editTags(person));
      add("enrol", "Basis …", () => corrections.editTerms(person));
      add("enrol", "Merge …", () => merge(person));
      add("delete", "Remove", () => corrections.put("remove", { people: [person.id] }, `${person.name} is`));
    }
    add("delete", "Erase for good …", () => corrections.purge(person), ".danger");
    return made;
  }

  row(sample) {
    const mark = h("input", {
      type: "checkbox",
      checked: this.chosen.has(sample.id),
      "aria-label": `Mark walk ${sample.key}`,
    });
    mark.addEventListener("change", () => {
      if (mark.checked) this.chosen.add(sample.id);
      else this.chosen.delete(sample.id);
      this.drawBulk();
      this.showWalks();
    });
    const facts = [sample.condition, sample.view && `view ${sample.view}`, sample.camera && `camera ${sample.camera}`];
    const times = [sample.taken && `taken ${when(sample.taken)}`, `enrolled ${when(sample.enrolled)}`, sample.quality];
    return h(
      "li",
      {},
      h(
        "label",
        {},
        mark,
        h("span.two", {}, h("span", {}, sample.key), h("small", {}, [...facts, ...times].filter(Boolean).join(" · "))),
      ),
      sample.removed && h("span.badge.caution", {}, "removed"),
      sample.origin === "confirmed" && h("span.badge.plain", {}, "confirmed"),
    );
  }

  drawBulk() {
    const { person } = this;
    const marked = this.samples.filter((s) => this.chosen.has(s.id));
    const ids = (some) => some.map((s) => s.id);
    const [there, gone] = [marked.filter((s) => !s.removed), marked.filter((s) => s.removed)];
    this.bulk.hidden = marked.length === 0;
    const made = [h("span", { role: "status" }, `${walks(marked.length)} marked`)];
    const add = (words, work) => {
      // marks are gone with what was done: the next click must not mean walks of before
      const run = async () => (await work()) && this.chosen.clear();
      made.push(h("button", { click: opening(run) }, words));
    };
    if (may("enrol") && !person.removed) {
      add("Move …", () => corrections.moveWalks(person, ids(marked), this.samples.length));
    }
    for (const [verb, words, some] of [
      ["remove", "Remove", there],
      ["restore", "Restore", gone],
    ]) {
      const said = `${walks(some.length)} of ${person.name}:`;
      if (may("delete") && some.length) add(words, () => corrections.put(verb, { samples: ids(some) }, said));
    }
    fill(this.bulk, made);
  }

  /** Play the marked walks, at most two; the first one where none is marked. */
  async showWalks() {
    const { person } = this;
    const marked = this.samples.filter((s) => this.chosen.has(s.id)).slice(-2);
    const shown = marked.length ? marked : this.samples.filter((s) => !s.removed).slice(0, 1);
    const keeps = gallery()?.keeps_walks !== false;
    try {
      const found = await Promise.all(
        shown.map((s) => (keeps && s.kept !== false ? walkOf(`samples/${s.id}/walk`) : null)),
      );
      if (this.person === person) this.player.show(shown.map((s, i) => ({ title: s.key, walk: found[i] })));
    } catch (error) {
      complain(error);
    }
  }

  get keys() {
    const press = (key) => () => this.player.element.querySelector(`[data-key=${key}]`)?.click();
    const run = (work) => () => this.person && may("enrol") && opening(() => work(this.person))();
    return { " ": press("play"), ",": press("back"), ".": press("forth"), m: run(merge), n: run(corrections.rename) };
  }
}
