// The cells of the three lists: copies of the server's own, filled by the script.

import { day, gettext, size } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./share.js").Share} Share */

/**
 * @param {"tile" | "cover" | "row"} name of the template
 * @param {Share} share
 * @param {(cell: HTMLElement, one: Entry) => void} chosen shows whether an entry is chosen
 * @returns {import("./windowing.js").Cells<Entry>}
 */
export function cells(name, share, chosen) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById(name));
  const blank = /** @type {HTMLElement} */ (template.content.firstElementChild);

  /** @param {HTMLElement} cell @param {Entry} one */
  function fill(cell, one) {
    cell.className = `${name} ${one.kind}${one.readable ? "" : " locked"}`;
    set(cell, ".open", "href", one.href);
    say(cell, ".name", one.name);
    if (one.readable) picture(cell, share, one);
    else lock(cell);
    if (name !== "tile") set(cell, "use", "href", `#icon-${one.readable ? one.kind : "lock"}`);
    if (name === "row") row(cell, one);
    if (one.readable) mark(cell, one);
    chosen(cell, one);
  }

  return {
    key: (one) => one.href,
    fill,
    make(one) {
      const cell = /** @type {HTMLElement} */ (blank.cloneNode(true));
      if (one) fill(cell, one);
      return cell;
    },
  };
}

/** @param {HTMLElement} cell @param {Share} share @param {Entry} one */
function picture(cell, share, one) {
  const image = cell.querySelector("img");
  if (!image) return;
  const [grid, large] = [share.thumb(one, "grid"), share.thumb(one, "large")];
  if (one.kind === "folder") {
    set(cell, "img", "src", large);
    return;
  }
  // Before `src`, so that the browser does not begin with the other one.
  set(cell, "img", "sizes", "(max-width: 600px) 33vw, 190px");
  set(cell, "img", "srcset", `${grid} 170w, ${large} 341w`);
  set(cell, "img", "src", grid);
}

/** @param {HTMLElement} cell */
function lock(cell) {
  for (const away of cell.querySelectorAll("img, .save, .mark")) away.remove();
  if (cell.querySelector(".unseen")) return;
  // The padlock for those who do not see it.
  const told = document.createElement("span");
  told.className = "unseen";
  told.textContent = gettext("Locked");
  cell.querySelector(".open")?.append(" ", told);
}

/** @param {HTMLElement} cell @param {Entry} one */
function row(cell, one) {
  say(cell, ".note", [size(one.size), day(one.modified)].filter(Boolean).join(", "));
  set(cell, ".save", "href", one.href);
  set(cell, ".save", "aria-label", gettext("Save %(name)s", { name: one.name }));
}

/** @param {HTMLElement} cell @param {Entry} one */
function mark(cell, one) {
  let box = /** @type {HTMLInputElement | null} */ (cell.querySelector(".mark input"));
  if (!box) {
    const label = document.createElement("label");
    label.className = "mark";
    box = document.createElement("input");
    box.type = "checkbox";
    box.autocomplete = "off";
    label.append(box);
    cell.append(label);
  }
  box.setAttribute("aria-label", gettext("Select %(name)s", { name: one.name }));
}

/** Only what differs is set: an image that is asked for again may flicker. */
/** @param {HTMLElement} cell @param {string} part @param {string} name @param {string} value */
function set(cell, part, name, value) {
  const element = cell.querySelector(part);
  if (element && element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** @param {HTMLElement} cell @param {string} part @param {string} text */
function say(cell, part, text) {
  const element = /** @type {HTMLElement} */ (cell.querySelector(part));
  if (element.textContent !== text) element.textContent = text;
}
