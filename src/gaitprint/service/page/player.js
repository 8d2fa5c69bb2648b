/** Walks that play under one clock: play, pause, a frame forth and back, and strips of them. */

import { fill, h, iconButton } from "./dom.js";
import { calm } from "./settings.js";
import { drawFrame, stepLag } from "./walk.js";

const RATE = 25;
const SIDE = 192;
const STRIP = 10;
const SPEEDS = [1, 0.5, 0.25];

/** One or two walks side by side. */
export class Player {
  constructor() {
    this.walks = [];
    this.lags = [];
    this.frame = 0;
    this.speed = 0;
    this.stage = h("div.stage");
    this.strips = h("div.strips");
    this.toggle = iconButton("play", "Play", () => (this.playing ? this.pause() : this.play()), { "data-key": "play" });
    this.slider = h("input", { type: "range", min: "0", value: "0", "aria-label": "Frame", input: () => this.seek() });
    this.count = h("span.count", { "aria-hidden": "true" });
    this.rate = h("button.small", { click: () => this.slower(), "aria-label": "Speed: full" }, "1×");
    this.bar = h(
      "div.controls",
      { role: "group", "aria-label": "Playing" },
      iconButton("back", "A frame back", () => this.step(-1), { "data-key": "back" }),
      this.toggle,
      iconButton("forward", "A frame forth", () => this.step(1), { "data-key": "forth" }),
      this.slider,
      this.count,
      this.rate,
    );
    this.element = h("div.player", {}, this.stage, this.bar, this.strips);
    this.element.player = this;
  }

  /**
   * Show walks.
   * @param {{title: string, walk: object|null, note?: string}[]} shown where a walk is null, it is said why
   */
  show(shown) {
    this.pause();
    this.walks = shown.map((s) => s.walk);
    const there = this.walks.filter(Boolean);
    this.lags = [0, shown.length > 1 && there.length > 1 ? stepLag(this.walks[0], this.walks[1]) : 0];
    this.length = Math.max(1, ...there.map((w) => w.frames));
    this.slider.max = String(this.length - 1);
    this.canvases = shown.map((s) => s.walk && canvasOf(s));
    fill(
      this.stage,
      shown.map((s, i) => figure(s, this.canvases[i])),
    );
    fill(
      this.strips,
      shown.map((s, i) => s.walk && strip(s, this.lags[i])),
    );
    this.bar.hidden = this.strips.hidden = there.length === 0;
    this.frame = 0;
    this.draw();
    // who asked their computer for little motion starts it themselves
    if (there.length && !calm()) this.play();
  }

  play() {
    this.playing = true;
    this.label("pause", "Pause");
    let last = performance.now();
    let due = 0;
    const tick = (now) => {
      // a walk that left the page stops by itself
      if (!this.playing || !this.element.isConnected) return this.pause();
      due += ((now - last) / 1000) * RATE * SPEEDS[this.speed];
      last = now;
      // a tab that slept goes on where it was
      if (due >= 1) this.go(this.frame + Math.min(Math.floor(due), 5));
      due %= 1;
      return requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  pause() {
    this.playing = false;
    this.label("play", "Play");
  }

  label(sign, words) {
    const made = iconButton(sign, words, () => {});
    this.toggle.replaceChildren(...made.childNodes);
    this.toggle.setAttribute("aria-label", words);
    this.toggle.title = words;
  }

  step(by) {
    this.pause();
    this.go(this.frame + by);
  }

  seek() {
    this.pause();
    this.go(Number(this.slider.value));
  }

  slower() {
    this.speed = (this.speed + 1) % SPEEDS.length;
    this.rate.textContent = ["1×", "½×", "¼×"][this.speed];
    this.rate.setAttribute("aria-label", `Speed: ${["full", "half", "a quarter"][this.speed]}`);
  }

  go(frame) {
    this.frame = ((frame % this.length) + this.length) % this.length;
    this.draw();
  }

  draw() {
    this.slider.value = String(this.frame);
    this.count.textContent = `${this.frame + 1}/${this.length}`;
    this.canvases?.forEach((canvas, i) => {
      const walk = this.walks[i];
      if (!canvas) return;
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, canvas.width, canvas.height);
      // the shorter walk begins anew while the longer goes on
      drawFrame(context, walk, (this.frame + this.lags[i]) % walk.frames, 0, 0, canvas.width, canvas.height);
    });
  }
}

function canvasOf({ title, walk }) {
  const width = Math.round((SIDE * walk.width) / walk.height);
  return h("canvas", {
    width,
    height: SIDE,
    role: "img",
    "aria-label": `Silhouettes of ${title}, ${walk.frames} frames`,
  });
}

function figure({ title, walk, note, kind = "" }, canvas) {
  const absent = h("p.absent", {}, note || "No silhouettes are kept of this walk.");
  const frames = walk ? ` · ${walk.frames} frames` : "";
  return h(`figure.${kind || "walk"}`, {}, canvas || absent, h("figcaption", {}, title, h("small", {}, frames)));
}

/** Frames of a walk beside one another, from its lag on: two strips of walks in step can be compared by eye. */
function strip({ title, walk }, lag) {
  const side = 64;
  const shown = Math.min(STRIP, walk.frames);
  const canvas = h("canvas.strip", {
    width: side * shown,
    height: side,
    role: "img",
    "aria-label": `Strip of ${title}`,
  });
  const context = canvas.getContext("2d");
  for (let i = 0; i < shown; i += 1) drawFrame(context, walk, (lag + 3 * i) % walk.frames, i * side, 0, side, side);
  return canvas;
}
