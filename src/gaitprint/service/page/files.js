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

/** Refuse before sending what the service would refuse after. */
export function checkFile(file) {
  if (file.size > MOST)
    throw new Error(`${file.name} has ${Math.ceil(file.size / 2 ** 20)} MiB, more than 64: cut it shorter.`);
  if (file.size === 0) throw new Error(`${file.name} is empty: choose another file.`);
}
