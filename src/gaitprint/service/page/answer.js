/** One answer: who it is or unknown, what speaks for it, both walks in step, and what an operator makes of it. */

import { post } from "./api.js";
import { actionsOf } from "./decisions.js";
import { fill, h } from "./dom.js";
import { Player } from "./player.js";
import { complain } from "./said.js";
import { gallery, may } from "./state.js";
import { walkOf } from "./walk.js";
import { percent, short } from "./words.js";

/** The answer to a probe, with its candidates to go through. */
export class AnswerView {
  /** @param {(word: string) => void} next called when a decision was made, with a word for it */
  constructor(next = () => {}) {
    this.next = next;
    this.element = h("article.answer");
    this.player = new Player();
    this.chosen = 0;
    this.answer = null;
  }

  /**
   * Show an answer.
   * @param {object} answer an Identification of the service
   * @param {{file?: File}} [more] the file it came of, for enrolling where no log is kept
   */
  show(answer, more = {}) {
    Object.assign(this, { answer, more });
    // the one who was named comes first, also where somebody nearer was denied
    const named = answer.candidates.findIndex((c) => c.person === answer.person);
    this.chosen = Math.max(0, named);
    this.draw();
    this.compare();
  }

  /** Show nothing, and say why. */
  clear(words) {
    this.answer = null;
    this.player.pause();
    fill(this.element, h("p.empty", {}, words));
  }

  get candidate() {
    return this.answer?.candidates[this.chosen] ?? null;
  }

  choose(index) {
    if (!this.answer || index < 0 || index >= this.answer.candidates.length) return;
    this.chosen = index;
    this.draw();
    this.element.querySelector(".candidate[aria-pressed=true]")?.focus();
    this.compare();
  }

  draw() {
    const { answer } = this;
    this.actions = actionsOf(this);
    fill(
      this.element,
      verdict(answer),
      answer.notes.map((note) => h("p.note", {}, note)),
      h("div.toolbar", { role: "group", "aria-label": "Your decision" }, this.actions.buttons),
      this.player.element,
      h("h3", {}, "Nearest people"),
      answer.candidates.length
        ? h(
            "ol.candidates",
            {},
            answer.candidates.map((c, i) => h("li", {}, this.row(c, i))),
          )
        : h("p.empty", {}, "Nobody is enrolled who could be compared."),
    );
  }

  row(candidate, index) {
    const { answer } = this;
    const limit = answer.threshold;
    const furthest = Math.max(limit ?? 0, ...answer.candidates.map((c) => c.distance)) * 1.05 || 1;
    const bar = h("span.bar", { "aria-hidden": "true" }, h("i"), limit !== null && h("b"));
    bar.firstChild.style.width = `${(100 * candidate.distance) / furthest}%`;
    // where the bar ends left of the mark, somebody is near enough
    if (limit !== null) bar.lastChild.style.left = `${(100 * limit) / furthest}%`;
    return h(
      "button.candidate",
      { "aria-pressed": String(index === this.chosen), click: () => this.choose(index) },
      h("span.who", {}, h("b", {}, `${index + 1}. ${candidate.name}`), h("small", {}, ` walk ${candidate.key}`)),
      bar,
      h("span.figures", {}, figures(candidate, limit).join(" · ")),
      candidate.denied && h("span.denied", {}, candidate.denied),
    );
  }

  /** Put the probe and the chosen person's nearest walk side by side. */
  async compare() {
    const { answer, candidate } = this;
    try {
      const keeps = gallery()?.keeps_walks !== false && may("read");
      const probe = keeps && answer.probe_kept ? walkOf(`probes/${answer.probe}/walk`) : null;
      const known = keeps && candidate?.kept ? walkOf(`samples/${candidate.sample}/walk`) : null;
      const [walk, other] = await Promise.all([probe, known]);
      // somebody may have gone on meanwhile
      if (this.answer !== answer || this.candidate !== candidate) return;
      const right = candidate && { title: candidate.name, walk: other, kind: "walk" };
      this.player.show([{ title: answer.key, walk }, ...(right ? [right] : [])]);
    } catch (error) {
      complain(error);
    }
  }

  /** Ask once more, against the people who are there now. */
  async again() {
    const { answer, more } = this;
    if (!answer || answer.probe === null) return;
    const fresh = await post(`probes/${answer.probe}/identify`, { top: 5 });
    if (this.answer === answer) this.show({ ...fresh, probe: answer.probe }, more);
  }
}

function verdict(answer) {
  const [first] = answer.candidates;
  const named = answer.person !== null;
  const who = answer.candidates.find((c) => c.person === answer.person) ?? first;
  const nearest = named || !first ? "" : ` The nearest is ${first.name}.`;
  const said = named ? "is near enough to be named." : `${answer.reason ?? "nobody known is near enough"}.${nearest}`;
  const facts = [
    ["Distance", who && short(who.distance)],
    ["Named within", answer.threshold === null ? "not calibrated" : short(answer.threshold)],
    ["Margin to the next", answer.margin === null ? "nobody else" : short(answer.margin)],
    ["Strangers as near", who && who.false_alarms !== null ? `${short(who.false_alarms)} of 1,000` : "not known"],
  ];
  const sure = answer.probability ?? who?.probability;
  if (sure !== null && sure !== undefined) facts.push(["Probability", percent(sure)]);
  return h(
    `header.verdict.${named ? "known" : "unknown"}`,
    {},
    h(
      "h2",
      { tabindex: "-1" },
      named ? answer.name : "Unknown",
      h("span.badge", {}, named ? "known" : "nobody is named"),
    ),
    h("p", {}, h("span.probe", {}, answer.key), named ? ` ${said}` : `: ${said}`),
    h(
      "dl.facts",
      {},
      facts.filter(([, value]) => value).map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))),
    ),
  );
}

function figures(candidate, limit) {
  const said = [`distance ${short(candidate.distance)}`];
  if (limit !== null) said.push(candidate.distance <= limit ? "near enough" : "too far");
  if (candidate.false_alarms !== null) said.push(`${short(candidate.false_alarms)} of 1,000 strangers`);
  if (candidate.probability !== null && candidate.probability !== undefined) said.push(percent(candidate.probability));
  return said;
}

/** What is said aloud of an answer. */
export function spoken(answer) {
  const [first] = answer.candidates;
  if (answer.person !== null) return `${answer.key}: ${answer.name}.`;
  return `${answer.key}: unknown.${first ? ` Nearest: ${first.name}.` : ""}`;
}
