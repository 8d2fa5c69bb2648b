/** Who is this? Files are dropped, and every walk in them is answered. */

import { upload } from "./api.js";
import { AnswerView, spoken } from "./answer.js";
import { field, fill, h } from "./dom.js";
import { checkFile, dropZone } from "./files.js";
import { VirtualList } from "./list.js";
import { complain, say, speak } from "./said.js";
import { may } from "./state.js";
import { listed, short } from "./words.js";

/** The view of files that are asked about. */
export class IdentifyView {
  constructor() {
    this.rows = [];
    this.answer = new AnswerView((word) => this.decided(word));
    this.camera = h("input", { type: "text", autocomplete: "off" });
    this.tags = h("input", { type: "text", autocomplete: "off" });
    this.busy = h("p.busy", { role: "status" });
    this.list = new VirtualList({
      label: "Answers",
      load: async (offset, limit) => ({ total: this.rows.length, rows: this.rows.slice(offset, offset + limit) }),
      draw: drawRow,
      choose: (row) => this.open(row),
    });
    const options = h(
      "details",
      {},
      h("summary", {}, "Camera, and whom to search"),
      field("Camera", this.camera, "Where they were seen, for the log."),
      field("Only people with tags", this.tags, "Words with commas between them. Empty: everybody."),
    );
    this.side = h(
      "section.side",
      { "aria-labelledby": "identify-title" },
      h("h1", { id: "identify-title" }, "Who is this?"),
      dropZone("Drop a walk or a clip, or choose a file", (files) => this.take(files)),
      options,
      may("read") && h("p.note", {}, "Or ", h("a", { href: "#/review" }, "pick a walk of the log"), "."),
      this.busy,
      this.list.element,
    );
    this.main = h("section.main", { "aria-label": "Answer" }, this.answer.element);
    this.element = h("div.split", {}, this.side, this.main);
    this.answer.clear("Drop a file: the answer comes here.");
    this.list.refresh("No file was asked about yet.");
  }

  /** Ask about files, one after another: the service has other callers, too. */
  async take(files) {
    this.stop?.abort();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const fresh = [];
    for (const [i, file] of files.entries()) {
      const which = files.length > 1 ? ` (${i + 1} of ${files.length})` : "";
      fill(
        this.busy,
        `Asking about ${file.name}${which} … `,
        h("button.small", { click: () => this.stop.abort() }, "Stop"),
      );
      try {
        await checkFile(file);
        const fields = { top: 5, tags: listed(this.tags.value), camera: this.camera.value.trim() };
        const found = await upload("identify", file, fields, signal);
        // a file of one walk can be enrolled without a log
        const single = found.answers.length === 1 ? file : null;
        fresh.push(...found.answers.map((answer) => ({ answer, file: single, from: file.name })));
        if (found.rejects?.length) this.refused(found.rejects, found.answers.length);
        if (!found.answers.length && !found.rejects?.length) throw new Error(`${file.name} shows no walk.`);
      } catch (error) {
        complain(error);
      }
      if (signal.aborted) break;
    }
    fill(this.busy);
    if (!fresh.length) return;
    this.rows = [...fresh, ...this.rows].slice(0, 500);
    await this.list.refresh();
    await this.list.pick(0);
    speak(fresh.length === 1 ? spoken(fresh[0].answer) : `${fresh.length} answers. ${spoken(fresh[0].answer)}`);
  }

  /** Walks that were not good enough to be answered. */
  refused(rejects, answered) {
    const [first] = rejects;
    const more = rejects.length > 1 ? ` (and ${rejects.length - 1} more)` : "";
    const text = `Not answered: ${first.key}, ${first.reason}${more}.`;
    if (answered) say(text);
    else throw new Error(text);
  }

  open(row) {
    this.element.classList.add("opened");
    this.answer.show(row.answer, { file: row.file });
  }

  /** What was said of an answer stands in its row. */
  decided(word) {
    const row = this.list.row(this.list.active);
    if (row) row.word = word;
    this.list.show();
  }

  get keys() {
    return answerKeys(this.answer, this.list);
  }
}

/** The keys by which answers are gone through, here and in the log. */
export function answerKeys(view, list) {
  const act = (name) => () => view.answer && view.actions?.[name]?.();
  const press = (key) => () => view.player.element.querySelector(`[data-key=${key}]`)?.click();
  const picks = [1, 2, 3, 4, 5].map((n) => [String(n), () => view.choose(n - 1)]);
  return {
    j: () => list.pick(Math.min(list.total - 1, list.active + 1)),
    k: () => list.pick(Math.max(0, list.active - 1)),
    Enter: act("confirm"),
    x: act("reject"),
    s: act("stranger"),
    e: act("enrol"),
    r: act("again"),
    " ": press("play"),
    ",": press("back"),
    ".": press("forth"),
    ...Object.fromEntries(picks),
  };
}

function drawRow({ answer, from, word }) {
  const [first] = answer.candidates;
  const known = answer.person !== null;
  return [
    h(`span.badge.${known ? "good" : "plain"}`, {}, known ? answer.name : "unknown"),
    h(
      "span.two",
      {},
      h("span", {}, answer.key),
      h("small", {}, [word, from, first && `distance ${short(first.distance)}`].filter(Boolean).join(" · ")),
    ),
  ];
}
