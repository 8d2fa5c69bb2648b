/** What an operator says of an answer: yes, not this person, a stranger, or somebody to enrol. */

import { post, upload } from "./api.js";
import { done } from "./corrections.js";
import { ask } from "./dialog.js";
import { field, h } from "./dom.js";
import { personPicker } from "./pick.js";
import { attempt, say } from "./said.js";
import { gallery, may } from "./state.js";
import { listed, walks } from "./words.js";

/**
 * The buttons below an answer, and the same by name for keys.
 * @param {import("./answer.js").AnswerView} view
 */
export function actionsOf(view) {
  const { answer, candidate } = view;
  const logged = answer.probe !== null;
  const decide = (verb, body) => () => attempt(() => decided(view, verb, body));
  const acts = {};
  // several walks together are enrolled or left; yes and no are about one
  if (may("enrol") && candidate && logged && !view.more.group) {
    acts.confirm = decide("confirm", { person: candidate.person });
    acts.reject = decide("reject", { person: candidate.person, stranger: false });
    acts.stranger = decide("reject", { person: candidate.person, stranger: true });
  }
  if (may("enrol") && (logged || view.more.file)) acts.enrol = () => enrol(view);
  if (may("search") && logged) acts.again = () => attempt(() => view.again());
  const name = candidate?.name ?? "";
  const words = {
    // where nobody was named, the name of the nearest is no invitation
    confirm: ["Yes, this is ", name, answer.person === candidate?.person ? "primary" : ""],
    reject: ["Not ", name, ""],
    stranger: ["A stranger", "", ""],
    enrol: [view.more.group?.length > 1 ? `Enrol all ${view.more.group.length} as …` : "Enrol as …", "", ""],
    again: ["Ask again", "", ""],
  };
  const buttons = Object.entries(acts).map(([act, run]) => {
    const [text, whom, kind] = words[act];
    return h(`button${kind && `.${kind}`}`, { click: run, "data-act": act }, text, whom);
  });
  if (may("enrol") && !logged) buttons.push(h("p.note", {}, unlogged()));
  return { ...acts, buttons };
}

function unlogged() {
  const off = gallery() && !(gallery().retention_days > 0);
  const why = off ? "This gallery keeps no log of who was asked about" : "This answer is not in the log";
  return `${why}, so an answer cannot be confirmed or denied; the walk can be enrolled.`;
}

async function decided(view, verb, body) {
  const { answer, candidate } = view;
  const answered = await post(`probes/${answer.probe}/${verb}`, body);
  const what = verb === "confirm" ? "is" : body.stranger ? "is a stranger, not" : "is not";
  done(`${answer.key} ${what} ${candidate.name}: ${answered.said}.`);
  view.next(verb === "confirm" ? "confirmed" : "rejected");
}

/** Enrol the walk of an answer, or all walks of an unknown person, under a new or a known name. */
export function enrol(view) {
  const { answer, more } = view;
  const picker = personPicker({ label: "As whom", fresh: true });
  const terms = termFields();
  const act = async () => {
    const { person, name } = picker.chosen();
    const report = await enrolled(view, person ? `id:${person.id}` : name, terms.values());
    if (report.rejects.length) throw new Error(`It was not enrolled: ${report.rejects[0].reason}.`);
    const what = more.group?.length > 1 ? `${walks(more.group.length)} are` : `${answer.key} is`;
    done(`${what} enrolled as ${person ? person.name : name}.`);
    for (const note of report.notes) say(note);
    view.next("enrolled");
  };
  return ask(`Enrol ${answer.key}`, [picker.element, terms.element], { yes: "Enrol", act });
}

/** Send what is to be enrolled: numbers of the log where it has them, else the file once more. */
function enrolled(view, name, terms) {
  const { answer, more } = view;
  if (more.group) return post("probes/enroll", { probes: more.group, name, ...terms });
  if (answer.probe !== null) return post(`probes/${answer.probe}/enroll`, { name, ...terms });
  return upload("enroll", more.file, { name, ...terms });
}

/** Tags, basis and expiry of a new person, folded away. */
export function termFields() {
  const tags = h("input", { type: "text", autocomplete: "off" });
  const basis = h("input", { type: "text", autocomplete: "off" });
  const expires = h("input", { type: "date" });
  const element = h(
    "details",
    {},
    h("summary", {}, "Tags, basis, expiry of a new person"),
    field("Tags", tags, "Words with commas between them."),
    field("Legal basis", basis, "Such as consent."),
    field("Expires", expires, "From this day on they are no answer."),
  );
  const values = () => ({
    tags: listed(tags.value),
    basis: basis.value.trim(),
    expires: expires.value,
  });
  return { element, values };
}
