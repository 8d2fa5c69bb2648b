/** Files from the operator's computer: dropped, or chosen. */

import { h } from "./dom.js";

const TAKEN = ".safetensors,.npz,.zip,.mp4,.mkv,.avi,.webm,.mov";
const MOST = 64 * 2 ** 20;

/**
 * A place to drop files on, which is a button, too.
 * @param {string} words
 * @param {(files: File[]) => void} take
 */
export function dropZone(words, take) {
  const input = h("input.hidden", { type: "file", multiple: true, accept: TAKEN, tabindex: "-1", "aria-label": words });
  const zone = h(
    "button.drop",
    { click: () => input.click() },
    h("b", {}, words),
    h("small", {}, "A walk (.npz, or .zip of PNGs), vectors (.safetensors), or a clip (.mp4, .mkv, .avi, .webm)"),
  );
  input.addEventListener("change", () => {
    if (input.files.length) take([...input.files]);
    // the same file may be chosen again
    input.value = "";
  });
  const over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  };
  zone.addEventListener("dragenter", over);
  zone.addEventListener("dragover", over);
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const files = [...event.dataTransfer.files];
    if (files.length) take(files);
  });
  return h("div", {}, zone, input);
}

/**
 * Refuse before sending what the service would refuse after.
 * @throws {Error} it is empty, too large, or of no kind that shows walks
 */
export async function checkFile(file) {
  const size = Math.ceil(file.size / 2 ** 20);
  if (file.size > MOST) throw new Error(`${file.name} has ${size} MiB, more than 64: cut it shorter.`);
  if (file.size === 0) throw new Error(`${file.name} is empty: choose another file.`);
  const start = new Uint8Array(await file.slice(0, 16).arrayBuffer());
  if (!kindOf(start)) {
    throw new Error(
      `${file.name} is no walk, vectors or clip: expected .npz, .zip of PNGs, .safetensors, .mp4, .mkv, .avi or .webm.`,
    );
  }
}

/** What a file is by its first bytes, for names may be wrong; the service looks again. */
function kindOf(start) {
  const text = String.fromCharCode(...start);
  if (text.startsWith("PK\x03\x04")) return "walk";
  if (text[8] === "{") return "vectors";
  const film = text.slice(4, 8) === "ftyp" || text.startsWith("\x1a\x45\xdf\xa3");
  return film || (text.startsWith("RIFF") && text.slice(8, 12) === "AVI ") ? "clip" : "";
}
