// Which entries are chosen, and how fingers, mouse and keys choose them.

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./windowing.js").Windowed<Entry>} List */

const LONG_PRESS = 450;
const STILL = 10;
const EDGE = 80;

/**
 * Emits `change` when other entries are chosen, or when choosing begins or ends.
 */
export class Selection extends EventTarget {
  /** @type {Map<string, Entry>} */
  #chosen = new Map();
  #isOn = false;
  /** @type {{list: List, index: number} | null} from where Shift and drags reach */
  #anchor = null;
  /** @type {{list: List, from: number, to: number, on: boolean, before: Map<string, Entry>} | null} */
  #drag = null;
  #press = 0;
  #swallow = false;
  #edge = 0;

  /** @param {List[]} lists */
  constructor(lists) {
    super();
    for (const list of lists) this.#attend(list);
    addEventListener("pointerup", () => this.#release(), true);
    addEventListener("pointercancel", () => this.#release(), true);
  }

  get isOn() {
    return this.#isOn;
  }

  get entries() {
    return [...this.#chosen.values()];
  }

  /** @param {Entry} one */
  has(one) {
    return this.#chosen.has(one.href);
  }

  begin() {
    this.#isOn = true;
    this.#changed();
  }

  end() {
    this.#isOn = false;
    this.#chosen.clear();
    this.#anchor = null;
    this.#changed();
  }

  /** @param {Entry[]} entries */
  choose(entries) {
    for (const one of entries) if (one.readable) this.#chosen.set(one.href, one);
    this.#changed();
  }

  /** Take what is there now of what was chosen. @param {Entry[]} entries */
  keep(entries) {
    const there = new Map(entries.map((one) => [one.href, one]));
    for (const href of [...this.#chosen.keys()]) {
      const now = there.get(href);
      if (now) this.#chosen.set(href, now);
      else this.#chosen.delete(href);
    }
    this.#changed();
  }

  /** @param {List} list */
  #attend(list) {
    const element = list.list;
    element.addEventListener("click", (event) => this.#click(event, list), true);
    element.addEventListener("change", (event) => {
      const index = indexOf(list, event.target);
      const box = /** @type {HTMLInputElement} */ (event.target);
      if (index !== null) this.#toggle(list, index, box.checked);
    });
    element.addEventListener("pointerdown", (event) => this.#down(event, list));
    element.addEventListener("pointermove", (event) => this.#move(event));
    // Only this keeps the page from scrolling under a finger that chooses.
    element.addEventListener("touchmove", (event) => this.#drag && event.preventDefault(), {
      passive: false,
    });
    element.addEventListener("contextmenu", (event) => {
      if (/** @type {PointerEvent} */ (event).pointerType === "touch") event.preventDefault();
    });
    element.addEventListener("dragstart", (event) => this.#isOn && event.preventDefault());
  }

  /** @param {MouseEvent} event @param {List} list */
  #click(event, list) {
    const target = /** @type {Element} */ (event.target);
    if (this.#swallow) {
      this.#swallow = false;
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const index = indexOf(list, target);
    if (index === null || !target.closest(".open") || !(this.#isOn || event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
    const one = list.items[index];
    if (!one) return;
    if (event.shiftKey) {
      if (this.#anchor?.list !== list) this.#anchor = { list, index };
      this.#reach(list, this.#anchor.index, index, true);
    } else this.#toggle(list, index, !this.has(one));
  }

  /** @param {List} list @param {number} index @param {boolean} on */
  #toggle(list, index, on) {
    this.#anchor = { list, index };
    this.#reach(list, index, index, on);
  }

  /** @param {List} list @param {number} from @param {number} to @param {boolean} on */
  #reach(list, from, to, on) {
    this.#isOn = true;
    for (const one of list.items.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      if (!one?.readable) continue;
      if (on) this.#chosen.set(one.href, one);
      else this.#chosen.delete(one.href);
    }
    this.#changed();
  }

  /** @param {PointerEvent} event @param {List} list */
  #down(event, list) {
    this.#swallow = false;
    const index = indexOf(list, event.target);
    const target = /** @type {Element} */ (event.target);
    if (index === null || !event.isPrimary || event.button || !target.closest(".open")) return;
    const start = { x: event.clientX, y: event.clientY, list, index };
    this.#start = start;
    clearTimeout(this.#press);
    if (event.pointerType === "mouse") return;
    this.#press = setTimeout(() => {
      navigator.vibrate?.(15);
      this.#begin(list, index);
    }, LONG_PRESS);
  }

  /** @type {{x: number, y: number, list: List, index: number} | null} */
  #start = null;

  /** @param {PointerEvent} event */
  #move(event) {
    if (this.#drag) {
      this.#follow(event.clientX, event.clientY);
      return;
    }
    if (!this.#start) return;
    const { x, y, list, index } = this.#start;
    if (Math.hypot(event.clientX - x, event.clientY - y) < STILL) return;
    clearTimeout(this.#press);
    if (event.pointerType === "mouse" && this.#isOn && event.buttons === 1) this.#begin(list, index);
    else this.#start = null;
  }

  /** @param {List} list @param {number} index */
  #begin(list, index) {
    const one = list.items[index];
    if (!one?.readable) return;
    const on = !this.has(one);
    this.#drag = { list, from: index, to: index, on, before: new Map(this.#chosen) };
    this.#swallow = true;
    this.#toggle(list, index, on);
  }

  /** @param {number} x @param {number} y */
  #follow(x, y) {
    const drag = this.#drag;
    if (!drag) return;
    const index = indexOf(drag.list, document.elementFromPoint(x, y));
    if (index !== null && index !== drag.to) {
      drag.to = index;
      this.#chosen = new Map(drag.before);
      this.#reach(drag.list, drag.from, index, drag.on);
    }
    cancelAnimationFrame(this.#edge);
    const over = y < EDGE ? y - EDGE : Math.max(0, y - innerHeight + EDGE);
    if (!over) return;
    this.#edge = requestAnimationFrame(() => {
      scrollBy({ top: over / 4, behavior: "instant" });
      this.#follow(x, y);
    });
  }

  #release() {
    clearTimeout(this.#press);
    cancelAnimationFrame(this.#edge);
    this.#drag = null;
    this.#start = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {List} list @param {EventTarget | null} target @returns {number | null} */
function indexOf(list, target) {
  if (!(target instanceof Element)) return null;
  const cell = target.closest("li");
  if (!cell || cell.parentElement !== list.list) return null;
  return Number(cell.getAttribute("aria-posinset")) - 1;
}
