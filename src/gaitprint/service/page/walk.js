/** Silhouettes of a walk: fetched as one sheet, drawn frame by frame, laid beside another in step. */

import { frames, get } from "./api.js";

const MOST = 24;
const COLUMNS = 32;
const kept = new Map();

/**
 * A walk of the service, or null where its silhouettes are not kept.
 * @param {string} path such as "samples/5/walk"
 * @returns {Promise<{frames: number, width: number, height: number, columns: number, image: ImageBitmap}|null>}
 */
export async function walkOf(path, signal = undefined) {
  if (kept.has(path)) return kept.get(path);
  const found = await frames(path, signal);
  const walk = found && (await pictureOf(found));
  // a few are enough for going back and forth; whoever signs out leaves none
  if (kept.size >= MOST) forget(kept.keys().next().value);
  kept.set(path, walk);
  return walk;
}

/** All frames in one picture, row by row: drawing one is copying a part of it. */
async function pictureOf({ frames: count, height, width, bytes }) {
  const columns = Math.min(COLUMNS, count);
  const sheet = new ImageData(columns * width, Math.ceil(count / columns) * height);
  const pixels = new Uint32Array(sheet.data.buffer);
  for (let t = 0; t < count; t += 1) {
    const corner = Math.floor(t / columns) * height * columns * width + (t % columns) * width;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        // opaque grey: alpha is the highest byte wherever browsers run
        pixels[corner + y * columns * width + x] = 0xff000000 | (bytes[(t * height + y) * width + x] * 0x010101);
      }
    }
  }
  return { frames: count, height, width, columns, image: await createImageBitmap(sheet) };
}

/** Silhouettes of the first walk of a person that is kept; null where none is: a browser complains of what is not. */
export async function personWalk(id) {
  const { samples } = await get(`people/${id}`);
  const first = samples.find((s) => !s.removed && s.kept);
  return first ? walkOf(`samples/${first.id}/walk`) : null;
}

/** Let go of all pictures, as when somebody signs out. */
export function forgetWalks() {
  for (const path of [...kept.keys()]) forget(path);
}

function forget(path) {
  kept.get(path)?.image.close();
  kept.delete(path);
}

/** Draw one frame over a rectangle of a canvas. */
export function drawFrame(context, walk, frame, x, y, width, height) {
  const { columns, width: w, height: h } = walk;
  const left = (frame % columns) * w;
  const top = Math.floor(frame / columns) * h;
  context.drawImage(walk.image, left, top, w, h, x, y, width, height);
}

/** How wide the legs of each frame are, less their mean: it swings twice a stride. */
function legs(walk) {
  const [wide, high] = [16, 8];
  const canvas = new OffscreenCanvas(wide, high);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const widths = new Float32Array(walk.frames);
  for (let t = 0; t < walk.frames; t += 1) {
    context.clearRect(0, 0, wide, high);
    // the lower third only: arms and bags swing, too
    const left = (t % walk.columns) * walk.width;
    const top = Math.floor(t / walk.columns) * walk.height + Math.floor((2 * walk.height) / 3);
    context.drawImage(walk.image, left, top, walk.width, Math.ceil(walk.height / 3), 0, 0, wide, high);
    const { data } = context.getImageData(0, 0, wide, high);
    let [first, last] = [wide, -1];
    for (let x = 0; x < wide; x += 1) {
      let ink = 0;
      for (let y = 0; y < high; y += 1) ink += data[4 * (y * wide + x)];
      if (ink > 255) [first, last] = [Math.min(first, x), x];
    }
    widths[t] = Math.max(0, last - first + 1);
  }
  const mean = widths.reduce((sum, w) => sum + w, 0) / (widths.length || 1);
  return widths.map((w) => w - mean);
}

/**
 * How many frames the second walk is shown later, so that both step together.
 *
 * The lag of the greatest normalised cross-correlation of the widths of their legs, among lags of at most a stride.
 */
export function stepLag(first, second) {
  if (!first || !second || first.frames < 8 || second.frames < 8) return 0;
  const [a, b] = [legs(first), legs(second)];
  let [best, lag] = [-Infinity, 0];
  for (let shift = 0; shift < Math.min(30, second.frames); shift += 1) {
    let [sum, left, right] = [0, 1e-6, 1e-6];
    for (let t = 0; t < Math.min(a.length, b.length, 60); t += 1) {
      const other = b[(t + shift) % b.length];
      sum += a[t] * other;
      left += a[t] * a[t];
      right += other * other;
    }
    const alike = sum / Math.sqrt(left * right);
    if (alike > best + 1e-3) [best, lag] = [alike, shift];
  }
  return lag;
}
