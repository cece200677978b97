/** A list of any length with a few dozen elements: rows of 32 px that are recycled while it scrolls. */

import { h, newId } from "./dom.js";

const HEIGHT = 32;
const SPARE = 8;

export class Rows {
  /**
   * `draw(element, item)` fills a row that may have shown another item. `choose(item)` is called for a click or Enter.
   * `keyOf(item)` tells items apart.
   */
  constructor({ label, draw, choose, keyOf, onscroll = () => {} }) {
    this.items = [];
    this.selected = null;
    this.sticky = true;
    Object.assign(this, { draw, choose, keyOf, onscroll, id: newId("rows"), pool: new Map() });
    this.space = h("div", { class: "space", role: "presentation" });
    this.element = h("div", { class: "rows", role: "listbox", tabindex: "0", "aria-label": label, onscroll: () => this.scrolled() }, this.space);
    this.element.addEventListener("click", (event) => this.clicked(event));
    this.element.addEventListener("keydown", (event) => this.pressed(event));
    this.observer = new ResizeObserver(() => this.paint());
    this.observer.observe(this.element);
  }

  /** Show other items. `dropped` is how many were removed at the front, so that what is in view stays in view. */
  show(items, dropped = 0) {
    this.items = items;
    this.space.style.height = `${items.length * HEIGHT}px`;
    if (this.sticky) this.element.scrollTop = this.element.scrollHeight;
    else if (dropped) this.element.scrollTop -= dropped * HEIGHT;
    this.paint();
  }

  /** Select the item with this key. Returns whether it is in the list. */
  select(key, { reveal = true } = {}) {
    this.selected = key;
    const index = this.items.findIndex((item) => this.keyOf(item) === key);
    if (index >= 0 && reveal) this.reveal(index);
    this.paint();
    return index >= 0;
  }

  /** Move the selection by some rows. */
  move(step) {
    if (!this.items.length) return;
    const at = this.items.findIndex((item) => this.keyOf(item) === this.selected);
    const next = at < 0 ? (step > 0 ? 0 : this.items.length - 1) : Math.min(this.items.length - 1, Math.max(0, at + step));
    this.select(this.keyOf(this.items[next]));
  }

  /** Open the selected item. */
  open() {
    const item = this.items.find((one) => this.keyOf(one) === this.selected);
    if (item !== undefined) this.choose(item);
  }

  isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - 2;
  }

  toEnd() {
    this.sticky = true;
    this.element.scrollTop = this.element.scrollHeight;
    this.paint();
  }

  reveal(index) {
    const { scrollTop, clientHeight } = this.element;
    if (!clientHeight) return;
    const top = index * HEIGHT;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + HEIGHT > scrollTop + clientHeight) this.element.scrollTop = top + HEIGHT - clientHeight;
  }

  scrolled() {
    this.sticky = this.isAtEnd();
    this.paint();
    this.onscroll();
  }

  paint() {
    const first = Math.max(0, Math.floor(this.element.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / HEIGHT) + SPARE);
    const wanted = new Map();
    for (let index = first; index < last; index += 1) wanted.set(this.keyOf(this.items[index]), index);
    const free = [];
    for (const [key, row] of this.pool) {
      if (wanted.has(key)) continue;
      this.pool.delete(key);
      free.push(row);
    }
    for (const [key, index] of wanted) this.place(this.pool.get(key) ?? this.take(key, free), key, index);
    for (const row of free) row.remove();
    const active = this.pool.get(this.selected);
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  take(key, free) {
    const row = free.pop() ?? h("div", { class: "row", role: "option", id: newId(this.id) });
    row.dataset.drawn = "";
    this.pool.set(key, row);
    if (!row.isConnected) this.space.append(row);
    return row;
  }

  place(row, key, index) {
    const item = this.items[index];
    row.style.transform = `translateY(${index * HEIGHT}px)`;
    row.setAttribute("aria-setsize", this.items.length);
    row.setAttribute("aria-posinset", index + 1);
    row.setAttribute("aria-selected", String(key === this.selected));
    if (row.item !== item || !row.dataset.drawn) this.draw(row, item);
    row.item = item;
    row.dataset.drawn = "yes";
  }

  clicked(event) {
    const row = event.target.closest(".row");
    if (row) this.choose(row.item);
  }

  pressed(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.move(Math.max(-1e9, Math.min(1e9, steps[event.key])));
  }

  stop() {
    this.observer.disconnect();
  }
}
