/** What an operator puts right: each asks what it has to, does it, says so, and offers to take it back. */

import { get, latestChange, patch, post } from "./api.js";
import { ask, askText } from "./dialog.js";
import { field, h } from "./dom.js";
import { personPicker } from "./pick.js";
import { attempt, say } from "./said.js";
import { changed, may } from "./state.js";
import { listed, walks, when } from "./words.js";

/** Say that something was done, with a way back where the service gave the change a number. */
export function done(text) {
  const change = latestChange();
  changed();
  say(text, change && may("enrol") ? () => undo(change) : null);
}

/** Take back one change, or the last one. */
export async function undo(change = null) {
  await attempt(async () => {
    const answer = await post("undo", { change });
    say(`Undone: ${answer.verb} (change ${answer.change}).`);
    changed();
  });
}

/** Ask before the last change of all is taken back: it may be somebody else's. */
export async function undoLast() {
  if (!may("audit")) {
    const body = [h("p", {}, "It may be somebody else's.")];
    return ask("Undo the last change?", body, { yes: "Undo", act: () => undo() });
  }
  const { changes } = await get("audit", { limit: 50 });
  const last = changes.find((line) => line.undoable);
  if (!last) return say("Nothing of the last changes can be undone.");
  const body = [h("p", {}, `The last change is “${last.verb}” of ${when(last.at)} (change ${last.change}).`)];
  return ask("Undo the last change?", body, { yes: "Undo", act: () => undo(last.change) });
}

export function rename(person) {
  return askText(`Rename ${person.name}`, "New name", person.name, "Rename", async (name) => {
    await patch(`people/${person.id}`, { name });
    done(`${person.name} is called ${name} now.`);
  });
}

export function editTags(person) {
  const input = h("input", { type: "text", value: person.tags.join(", "), autocomplete: "off" });
  const act = async () => {
    const wanted = listed(input.value);
    const add = wanted.filter((t) => !person.tags.includes(t));
    const remove = person.tags.filter((t) => !wanted.includes(t));
    if (!add.length && !remove.length) return;
    await patch(`people/${person.id}`, { add_tags: add, remove_tags: remove });
    done(`Tags of ${person.name}: ${wanted.join(", ") || "none"}.`);
  };
  return ask(`Tags of ${person.name}`, [field("Tags", input, "Words with commas between them.")], { yes: "Save", act });
}

export function editTerms(person) {
  const basis = h("input", { type: "text", value: person.basis, autocomplete: "off" });
  const expires = h("input", { type: "date", value: person.expires });
  const fields = [
    field("Legal basis", basis, "Such as consent."),
    field("Expires", expires, "From this day on they are no answer. Empty: never."),
  ];
  const act = async () => {
    await patch(`people/${person.id}`, { basis: basis.value.trim(), expires: expires.value });
    done(`Basis and expiry of ${person.name} are saved.`);
  };
  return ask(`Basis and expiry of ${person.name}`, fields, { yes: "Save", act });
}

/** Move walks to somebody who is there, or to a new person of their own. */
export function moveWalks(person, samples, all) {
  const picker = personPicker({ label: "To whom", fresh: true, without: [person.id] });
  const act = async () => {
    const { person: to, name } = picker.chosen();
    if (to) {
      await post("samples/move", { samples, to: to.id });
      done(`${walks(samples.length)} moved from ${person.name} to ${to.name}.`);
    } else {
      if (samples.length >= all)
        throw new Error("A new person takes some of the walks, not all: rename, or merge instead.");
      await post(`people/${person.id}/split`, { samples, name });
      done(`${walks(samples.length)} of ${person.name} became ${name}.`);
    }
  };
  return ask(`Move ${walks(samples.length)} of ${person.name}`, [picker.element], { yes: "Move", act });
}

/** Take people or walks out of every answer, or bring them back. */
export function put(verb, what, words) {
  return attempt(async () => {
    await post(verb, { people: [], samples: [], ...what });
    done(`${words} ${verb === "remove" ? "out of every answer" : "there again"}.`);
  });
}

/** Erase for good: what that would be first, then the name typed out. */
export async function purge(person) {
  const what = { people: [person.id], samples: [], expired: false, removed: false };
  const trial = await post("purge", { ...what, dry_run: true });
  const also = trial.people.length - 1;
  const list = [
    h("li", {}, walks(trial.samples.length)),
    h("li", {}, `${trial.probes} entries of the log`),
    also > 0 && h("li", {}, `${also} people who were merged into them`),
  ];
  const first = [
    h("p", {}, `${person.name} (id ${person.id}) would be erased with:`),
    h("ul", {}, ...list.filter(Boolean)),
    h("p", {}, "This cannot be undone. Backups and exports that were made before still hold them."),
  ];
  const go = await ask(`Erase ${person.name} for good?`, first, { yes: "Go on", danger: true });
  if (!go) return;
  const typed = h("input", { type: "text", autocomplete: "off", required: true });
  const act = async () => {
    if (typed.value.trim() !== person.name) throw new Error(`That is not “${person.name}”: nothing was erased.`);
    await post("purge", { ...what, dry_run: false });
    done(`${person.name} is erased.`);
    location.hash = "#/people";
  };
  const second = [field(`Type “${person.name}” to erase them`, typed)];
  await ask("Really erase?", second, { yes: "Erase for good", danger: true, act });
}
