/** A list of any length: only rows in sight are in the page, and only pages in sight are asked for. */

import { fill, h, fresh } from "./dom.js";

const PAGE = 100;
const SPARE = 6;

/**
 * A list box over pages of the service.
 *
 * Rows are of one height, so that the place of each is known without it: scrolling to the middle of ten thousand asks
 * for one page.
 */
export class VirtualList {
  /**
   * @param {object} how
   * @param {(offset: number, limit: number, signal: AbortSignal) => Promise<{total: number, rows: object[]}>} how.load
   * @param {(row: object) => Node[]} how.draw what stands in a row
   * @param {(row: object, index: number) => void} how.choose called when a row is chosen
   * @param {string} how.label what is listed, for those who hear the page
   * @param {number} how.height of a row, in pixels
   */
  constructor({ load, draw, choose, label, height = 56 }) {
    Object.assign(this, { load, draw, choose, height });
    this.prefix = fresh("row");
    this.space = h("div.space", { role: "presentation" });
    this.element = h("div.list", { role: "listbox", tabindex: "0", "aria-label": label }, this.space);
    this.empty = h("p.empty", { hidden: true });
    this.element.append(this.empty);
    this.element.addEventListener("scroll", () => this.show(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    new ResizeObserver(() => this.show()).observe(this.element);
    this.forget();
  }

  forget() {
    this.stop?.abort();
    this.stop = new AbortController();
    this.pages = new Map();
    this.total = 0;
    this.active = -1;
  }

  /** Ask anew, from the top. @param {string} nothing what is said where there is no row */
  async refresh(nothing = "Nothing here.") {
    this.forget();
    const { signal } = this.stop;
    const first = await this.page(0);
    if (signal.aborted || !first) return;
    this.element.scrollTop = 0;
    this.empty.hidden = this.total > 0;
    fill(this.empty, nothing);
    this.show();
  }

  /** One page, asked for once. */
  page(number) {
    if (!this.pages.has(number)) {
      const { signal } = this.stop;
      const asked = this.load(number * PAGE, PAGE, signal).then(
        (found) => {
          if (signal.aborted) return null;
          this.total = found.total;
          this.pages.set(number, found.rows);
          this.show();
          return found.rows;
        },
        (error) => {
          // it is asked for again when it comes into sight again
          this.pages.delete(number);
          if (error.name === "AbortError") return null;
          throw error;
        },
      );
      this.pages.set(number, asked);
    }
    return this.pages.get(number);
  }

  /** The row of an index, where its page is here. */
  row(index) {
    const page = this.pages.get(Math.floor(index / PAGE));
    return Array.isArray(page) ? page[index % PAGE] : undefined;
  }

  show() {
    const { scrollTop, clientHeight } = this.element;
    const from = Math.max(0, Math.floor(scrollTop / this.height) - SPARE);
    const to = Math.min(this.total, Math.ceil((scrollTop + clientHeight) / this.height) + SPARE);
    this.space.style.height = `${this.total * this.height}px`;
    for (let p = Math.floor(from / PAGE); p * PAGE < to; p += 1) Promise.resolve(this.page(p)).catch(() => {});
    const rows = [];
    for (let i = from; i < to; i += 1) rows.push(this.rowElement(i));
    fill(this.space, rows);
    if (this.active >= from && this.active < to) {
      this.element.setAttribute("aria-activedescendant", `${this.prefix}-${this.active}`);
    } else this.element.removeAttribute("aria-activedescendant");
  }

  rowElement(index) {
    const row = this.row(index);
    const made = h("div.row", {
      role: "option",
      id: `${this.prefix}-${index}`,
      "aria-selected": String(index === this.active),
      "aria-setsize": this.total,
      "aria-posinset": index + 1,
      click: () => this.pick(index),
    });
    made.style.top = `${index * this.height}px`;
    made.style.height = `${this.height}px`;
    if (row) made.append(...this.draw(row).filter(Boolean));
    else made.append(h("span.waiting", {}, "…"));
    return made;
  }

  /** Choose a row: by a click, a key, or from outside. */
  async pick(index) {
    if (index < 0 || index >= this.total) return;
    this.active = index;
    this.reveal(index);
    await this.page(Math.floor(index / PAGE));
    this.show();
    const row = this.row(index);
    if (row) this.choose(row, index);
  }

  reveal(index) {
    const top = index * this.height;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.element.scrollTop = top + this.height - clientHeight;
  }

  onKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.total, End: this.total };
    if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in moves)) return;
    event.preventDefault();
    const to = Math.min(this.total - 1, Math.max(0, this.active + moves[event.key]));
    this.pick(to);
  }
}
