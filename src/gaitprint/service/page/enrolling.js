/** Enrolling from files: one walk under a name, or vectors that carry their names. */

import { upload } from "./api.js";
import { done } from "./corrections.js";
import { termFields } from "./decisions.js";
import { ask } from "./dialog.js";
import { field, fill, h } from "./dom.js";
import { checkFile, dropZone } from "./files.js";
import { personPicker } from "./pick.js";

/** Ask for files and names, enrol, and report what was not taken and why. */
export async function enrolFiles() {
  let files = [];
  const chosen = h("p.note", { "aria-live": "polite" });
  const drop = dropZone("Drop walks here, or choose files", (taken) => {
    files = taken;
    fill(chosen, taken.map((file) => file.name).join(", "));
  });
  const picker = personPicker({ label: "As whom (leave empty for vectors that carry names)", fresh: true });
  picker.element.querySelector("input").required = false;
  const camera = h("input", { type: "text", autocomplete: "off" });
  const terms = termFields();
  const act = async () => {
    if (!files.length) throw new Error("Choose a file first.");
    const { person, name } = picker.chosen();
    const reports = [];
    for (const file of files) {
      await checkFile(file);
      const fields = { name: person ? `id:${person.id}` : name, camera: camera.value.trim(), ...terms.values() };
      reports.push(await upload("enroll", file, fields));
    }
    return reports;
  };
  const body = [drop, chosen, picker.element, field("Camera", camera), terms.element];
  const reports = await ask("Enrol walks", body, { yes: "Enrol", act });
  if (reports) await report(reports);
}

async function report(reports) {
  const sum = (of) => reports.reduce((total, one) => total + of(one), 0);
  const [enrolled, people, already] = [sum((r) => r.enrolled.length), sum((r) => r.people), sum((r) => r.already)];
  const rejects = reports.flatMap((r) => r.rejects);
  const notes = reports.flatMap((r) => r.notes);
  const counts = [`${enrolled} walks enrolled`, `${people} new people`, `${already} there already`];
  const words = `${counts.join(", ")}, ${rejects.length} not taken.`;
  done(words);
  if (!rejects.length && !notes.length) return;
  const body = [
    h("p", {}, words),
    notes.length > 0 &&
      h(
        "ul",
        {},
        notes.map((note) => h("li", {}, linked(note))),
      ),
    rejects.length > 0 && h("h3", {}, "Not taken"),
    rejects.length > 0 &&
      h(
        "ul.rejects",
        {},
        rejects.slice(0, 200).map((r) => h("li", {}, h("b", {}, r.key), ` ${r.reason}`)),
      ),
  ];
  await ask("What was enrolled", body.filter(Boolean));
}

/** Text in which people named by id are links. */
export function linked(text) {
  return text.split(/(id:\d+)/).map((part) => {
    const id = /^id:(\d+)$/.exec(part)?.[1];
    return id
      ? h("a", { href: `#/people/${id}`, click: () => document.querySelector("dialog[open]")?.close() }, part)
      : part;
  });
}
