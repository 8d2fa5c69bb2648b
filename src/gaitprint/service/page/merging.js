/** Making two people one, with a look at both before. */

import { post } from "./api.js";
import { done } from "./corrections.js";
import { ask } from "./dialog.js";
import { fill, h } from "./dom.js";
import { personPicker } from "./pick.js";
import { Player } from "./player.js";
import { complain } from "./said.js";
import { gallery } from "./state.js";
import { personWalk } from "./walk.js";
import { short, walks } from "./words.js";

/**
 * Merge somebody into a person who stays.
 * @param {object} person who stays
 * @param {string} [guess] the name of whom it may be
 */
export function merge(person, guess = "") {
  const preview = h("div.preview", { "aria-live": "polite" });
  const picker = personPicker({
    label: `Who else is ${person.name}?`,
    without: [person.id],
    value: guess,
    changed: (other) => show(preview, person, other),
  });
  const act = async () => {
    const { person: other } = picker.chosen();
    if (!other) throw new Error("Choose somebody of the list.");
    await post(`people/${person.id}/merge`, { others: [other.id], dry_run: false });
    done(`${other.name} is ${person.name} now.`);
  };
  const title = `Merge somebody into ${person.name}`;
  return ask(title, [picker.element, preview], { yes: "Merge", act, wide: true });
}

async function show(place, person, other) {
  fill(place);
  if (!other) return;
  try {
    const trial = await post(`people/${person.id}/merge`, { others: [other.id], dry_run: true });
    const player = new Player();
    const [near] = trial.nearest ?? [];
    fill(
      place,
      h(
        "p",
        {},
        `${walks(trial.samples.length)} of ${other.name} (id ${other.id}) would be ${person.name}'s (id ${person.id}).`,
      ),
      near && h("p", {}, nearness(near)),
      trial.as_near?.length > 0 &&
        h("p.note", {}, `As near to ${other.name}: ${trial.as_near.map((p) => p.name).join(", ")}.`),
      player.element,
    );
    const shown = gallery()?.keeps_walks !== false ? [personWalk(person.id), personWalk(other.id)] : [null, null];
    const [own, theirs] = await Promise.all(shown);
    player.show([
      { title: person.name, walk: own },
      { title: other.name, walk: theirs },
    ]);
  } catch (error) {
    complain(error);
  }
}

function nearness(near) {
  const rate = near.false_alarms;
  const said = `Their nearest walks are ${short(near.distance)} apart`;
  const limit = gallery()?.calibration?.threshold;
  if (limit === undefined || rate === null) return `${said}; the gallery is not calibrated, so look closely.`;
  if (near.distance <= limit) return `${said}: as near as walks of one person (within ${short(limit)}).`;
  return `${said}, further than walks of one person mostly are (${short(limit)}): look closely.`;
}
