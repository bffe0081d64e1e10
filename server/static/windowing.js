// A list of which only what is near the screen is in the document, however long it is.

/**
 * @template Item
 * @typedef {object} Cells
 * @property {(item: Item | undefined) => HTMLElement} make a cell; empty for what is not known yet
 * @property {(cell: HTMLElement, item: Item) => void} fill a cell anew
 * @property {(item: Item) => string} key the same for the same item after a change
 */

/**
 * Shows items as cells of a CSS grid with columns of equal width. The style sheet says how high a
 * cell is: `--ratio` times its width, and `--extra` times the size of the text.
 * @template Item
 */
export class Windowed {
  /** @type {(Item | undefined)[]} */
  #items = [];
  /** @type {Map<string, HTMLElement>} */
  #cells = new Map();
  /** @type {Map<HTMLElement, number>} where cells are, as they were last measured */
  #places = new Map();
  #columns = 1;
  #width = 0;
  #height = 0;
  #gaps = [0, 0];
  #range = [0, 0];
  #cellsKnown;

  /**
   * Takes over what the server has laid out.
   * @param {HTMLElement} list
   * @param {number} count how many items there will be
   * @param {Cells<Item>} cells
   */
  constructor(list, count, cells) {
    this.list = list;
    this.#cellsKnown = cells;
    this.#items = Array(count).fill(undefined);
    for (const [index, cell] of [.../** @type {any} */ (list.children)].entries()) {
      this.#cells.set(`#${index}`, cell);
    }
    list.classList.add("windowed");
    this.layout();
  }

  /** @param {Item[]} items */
  show(items) {
    this.#adopt(items);
    this.#items = items;
    const { key, fill } = this.#cellsKnown;
    for (const item of items) {
      const cell = this.#cells.get(key(item));
      if (cell) fill(cell, item);
    }
    this.layout();
  }

  /** Leave every cell empty: what the server has laid out is not where it was any more. */
  blank() {
    this.#drop(() => true);
    this.#range = [0, 0];
    this.render();
  }

  /** Measure again, and place every cell. */
  layout() {
    this.list.hidden = !this.#items.length;
    if (this.list.hidden) {
      this.#drop(() => true);
      return;
    }
    const style = getComputedStyle(this.list);
    const tracks = style.gridTemplateColumns.split(" ").map(parseFloat);
    this.#columns = tracks.length;
    this.#width = tracks[0];
    this.#gaps = [parseFloat(style.columnGap) || 0, parseFloat(style.rowGap) || 0];
    const text = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.#height =
      parseFloat(style.getPropertyValue("--ratio")) * this.#width +
      parseFloat(style.getPropertyValue("--extra")) * text;
    const rows = Math.ceil(this.#items.length / this.#columns);
    this.list.style.height = `${rows * this.#pitch - this.#gaps[1]}px`;
    this.#range = [0, 0];
    this.#places.clear();
    this.render();
  }

  /** Have in the document what is on the screen, and as much again above and below. */
  render() {
    if (this.list.hidden) return;
    const top = -this.list.getBoundingClientRect().top;
    const margin = innerHeight;
    const first = Math.max(0, Math.floor((top - margin) / this.#pitch)) * this.#columns;
    const rowsDown = Math.max(0, Math.ceil((top + innerHeight + margin) / this.#pitch));
    const end = Math.min(this.#items.length, rowsDown * this.#columns);
    if (first === this.#range[0] && end === this.#range[1]) return;
    this.#range = [first, end];
    /** @type {Set<HTMLElement>} */
    const wanted = new Set();
    /** @type {ChildNode | null} */
    let place = this.list.firstChild;
    for (let index = first; index < end; index += 1) {
      const cell = this.#cell(index);
      wanted.add(cell);
      if (cell === place) place = cell.nextSibling;
      else this.list.insertBefore(cell, place);
    }
    // What has the focus stays, wherever it is: the next key must find it.
    this.#drop((cell) => !wanted.has(cell) && !cell.contains(document.activeElement));
  }

  /** Bring an item onto the screen, and give its cell. @param {number} index */
  reveal(index) {
    const top = this.list.getBoundingClientRect().top + Math.floor(index / this.#columns) * this.#pitch;
    const bar = 76;
    if (top < bar) scrollBy({ top: top - bar, behavior: "instant" });
    const below = top + this.#height - innerHeight + bar;
    if (below > 0) scrollBy({ top: below, behavior: "instant" });
    this.render();
    return this.#cell(index);
  }

  get columns() {
    return this.#columns;
  }

  get items() {
    return this.#items;
  }

  /** Every cell that there is, with its item. @returns {[HTMLElement, Item][]} */
  get cells() {
    const { key } = this.#cellsKnown;
    /** @type {[HTMLElement, Item][]} */
    const found = [];
    for (const item of this.#items.slice(...this.#range)) {
      const cell = item && this.#cells.get(key(item));
      if (cell) found.push([cell, item]);
    }
    return found;
  }

  get #pitch() {
    return this.#height + this.#gaps[1];
  }

  /** Let the cells that the server made be those of the items, where they are the same. */
  /** @param {Item[]} items */
  #adopt(items) {
    const { key } = this.#cellsKnown;
    const byKey = new Set(items.map(key));
    for (const [name, cell] of [...this.#cells]) {
      if (!name.startsWith("#")) continue;
      this.#cells.delete(name);
      const own = cell.querySelector(".open")?.getAttribute("href");
      if (own && byKey.has(own)) this.#cells.set(own, cell);
      else cell.remove();
    }
  }

  /** @param {number} index */
  #cell(index) {
    const { key, make } = this.#cellsKnown;
    const item = this.#items[index];
    const name = item === undefined ? `#${index}` : key(item);
    let cell = this.#cells.get(name);
    if (!cell) {
      cell = make(item);
      this.#cells.set(name, cell);
    }
    this.#place(cell, index);
    return cell;
  }

  /** @param {HTMLElement} cell @param {number} index */
  #place(cell, index) {
    if (this.#places.get(cell) === index) return;
    this.#places.set(cell, index);
    const column = index % this.#columns;
    const row = Math.floor(index / this.#columns);
    cell.style.left = `${column * (this.#width + this.#gaps[0])}px`;
    cell.style.top = `${row * this.#pitch}px`;
    cell.style.width = `${this.#width}px`;
    cell.style.height = `${this.#height}px`;
    cell.setAttribute("aria-posinset", String(index + 1));
    cell.setAttribute("aria-setsize", String(this.#items.length));
  }

  /** @param {(cell: HTMLElement) => boolean} isDropped */
  #drop(isDropped) {
    for (const [name, cell] of this.#cells) {
      if (isDropped(cell)) {
        cell.remove();
        forget(cell);
        this.#cells.delete(name);
        this.#places.delete(cell);
      }
    }
  }
}

/** Ask for no picture any more that was on its way. @param {HTMLElement} cell */
function forget(cell) {
  const image = cell.querySelector("img");
  if (!image || image.complete) return;
  image.removeAttribute("srcset");
  image.removeAttribute("src");
}
