/** The log: who was asked about, and what nobody has said yet whether it was right. */

import { get, post } from "./api.js";
import { AnswerView, spoken } from "./answer.js";
import { h } from "./dom.js";
import { answerKeys } from "./identify.js";
import { VirtualList } from "./list.js";
import { complain, speak } from "./said.js";
import { gallery } from "./state.js";
import { short, shortly, times, walks, when } from "./words.js";

const FILTERS = {
  unknown: ["Unknown, not yet decided", { unknown: true, decided: false }],
  people: ["Unknown people, by how often", {}],
  named: ["Named, not yet decided", { unknown: false, decided: false }],
  open: ["All, not yet decided", { decided: false }],
  decided: ["Decided", { decided: true }],
  all: ["The whole log", {}],
};

/** The queue of unknowns, and all else that is in the log. */
export class ReviewView {
  constructor() {
    this.answer = new AnswerView(() => this.next());
    this.which = h(
      "select",
      { "aria-label": "Show" },
      Object.entries(FILTERS).map(([value, [words]]) => h("option", { value }, words)),
    );
    this.camera = h("input", { type: "search", placeholder: "Every camera", "aria-label": "Camera" });
    this.list = new VirtualList({
      label: "Walks of the log",
      load: (offset, limit, signal) => this.load(offset, limit, signal),
      draw: drawRow,
      choose: (row) => this.open(row),
    });
    this.count = h("p.note", { role: "status" });
    this.side = h(
      "section.side",
      { "aria-labelledby": "review-title" },
      h("h1", { id: "review-title" }, "Review"),
      h("div.filters", {}, this.which, this.camera),
      this.count,
      this.list.element,
      h("p.note.keys", {}, keyHint()),
    );
    this.main = h("section.main", { "aria-label": "Answer" }, this.answer.element);
    this.element = h("div.split", {}, this.side, this.main);
    this.which.addEventListener("change", () => this.start());
    this.camera.addEventListener("change", () => this.start());
  }

  async load(offset, limit, signal) {
    if (this.which.value === "people") return this.loadUnknown(offset, limit, signal);
    const page = offset / limit;
    if (page === 0) this.ends = [];
    const query = {
      limit,
      camera: this.camera.value.trim(),
      before: this.ends[page - 1],
      ...FILTERS[this.which.value][1],
    };
    const { probes } = await get("probes", query, signal);
    this.ends[page] = probes.at(-1)?.id;
    // the log is paged by numbers, so how many there are shows at its end: until then there is one row more
    this.more = probes.length === limit;
    return { total: offset + probes.length + (this.more ? 1 : 0), rows: probes };
  }

  /** Walks that are of one unknown person each, by how alike they are. */
  async loadUnknown(offset, limit, signal) {
    this.more = false;
    if (offset === 0) this.unknowns = (await get("unknowns", {}, signal)).unknowns;
    const rows = this.unknowns.slice(offset, offset + limit).map((group) => ({ ...group, id: group.probes.at(-1) }));
    return { total: this.unknowns.length, rows };
  }

  /** Begin at the top. */
  async start(at = 0) {
    this.answer.clear("Choose a walk of the log.");
    // unknown people are grouped over all cameras
    this.camera.hidden = this.which.value === "people";
    try {
      await this.list.refresh(nothing());
      this.said();
      // on a phone the list comes first: the answer would lie over it
      if (this.list.total && matchMedia("(min-width: 48rem)").matches)
        await this.list.pick(Math.min(at, this.list.total - 1));
    } catch (error) {
      complain(error);
    }
  }

  said() {
    const count = this.list.total - (this.more ? 1 : 0);
    const unit = this.which.value === "people" ? `${count} unknown` : walks(count);
    this.count.textContent = this.more ? `more than ${count} walks` : unit;
  }

  async open(probe) {
    this.element.classList.add("opened");
    try {
      const answer = await post(`probes/${probe.id}/identify`, { top: 5 });
      if (this.list.row(this.list.active)?.id !== probe.id) return;
      this.answer.show(
        { ...answer, probe: probe.id, notes: [...notesOf(probe), ...answer.notes] },
        { group: probe.probes },
      );
      speak(spoken(answer));
    } catch (error) {
      complain(error);
    }
  }

  /** Go on to the one behind: what was decided may have left the list. */
  async next() {
    const at = Math.max(0, this.list.active);
    const stays = ["decided", "all"].includes(this.which.value) ? 1 : 0;
    await this.list.refresh(nothing());
    this.said();
    if (at + stays < this.list.total) await this.list.pick(at + stays);
    else if (this.list.total) await this.list.pick(this.list.total - 1);
    else this.answer.clear("That was the last one.");
  }

  get keys() {
    return answerKeys(this.answer, this.list);
  }
}

/** What is known of a walk of the log beside its answer. */
function notesOf(probe) {
  if (probe.probes) {
    const cameras = probe.cameras.filter(Boolean).join(", ");
    const where = cameras && ` by camera ${cameras}`;
    return [
      `Seen ${times(probe.times)}${where}, from ${when(probe.first)} to ${when(probe.last)}; this is the last walk.`,
    ];
  }
  const decided = probe.decision ? [`Decided: ${probe.decision}.`] : [];
  const camera = probe.camera && ` by camera ${probe.camera}`;
  return [...decided, `Seen ${when(probe.seen)}${camera}; kept until ${when(probe.expires)}.`];
}

function drawRow(probe) {
  if (probe.probes) {
    const seen = [shortly(probe.last), ...probe.cameras].filter(Boolean).join(" · ");
    return [
      h("span.badge.plain", {}, "unknown"),
      h("span.two", {}, h("span", {}, `Seen ${times(probe.times)}`), h("small", {}, seen)),
    ];
  }
  const known = probe.person !== null;
  const [verb] = probe.decision.split(" ");
  const mark = verb || (known ? "named" : "unknown");
  const tone = verb === "confirmed" || (!verb && known) ? "good" : verb ? "caution" : "plain";
  const seen = [shortly(probe.seen), probe.camera, probe.distance !== null && `distance ${short(probe.distance)}`];
  return [
    h(`span.badge.${tone}`, {}, mark),
    h("span.two", {}, h("span", {}, probe.key), h("small", {}, seen.filter(Boolean).join(" · "))),
  ];
}

function nothing() {
  const off = gallery() && !(gallery().retention_days > 0);
  return off ? "This gallery keeps no log: create it with --retention DAYS." : "Nothing to review: all is decided.";
}

function keyHint() {
  const keys = { j: "next", k: "previous", Enter: "yes", x: "not this person", s: "a stranger", e: "enrol" };
  return Object.entries(keys).flatMap(([key, words]) => [h("kbd", {}, key), ` ${words} `]);
}
