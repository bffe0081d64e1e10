// The page of a folder: makes every part once and connects them.

import { arranged, canonical } from "./entries.js";
import { cells } from "./cells.js";
import { Live } from "./live.js";
import { Selection } from "./selection.js";
import { Share } from "./share.js";
import { take } from "./taking.js";
import { Viewer } from "./viewer.js";
import { Windowed } from "./windowing.js";
import { gettext, ngettext, size, speak } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */

/** @param {string} id */
const part = (id) => /** @type {any} */ (document.getElementById(id));

const data = JSON.parse(part("data").textContent);
speak(data.language, data.words);

const share = new Share(data.path);
/** @param {HTMLElement} cell @param {Entry} one */
const mark = (cell, one) => {
  const isChosen = selection?.has(one) ?? false;
  cell.classList.toggle("chosen", isChosen);
  const box = /** @type {HTMLInputElement | null} */ (cell.querySelector(".mark input"));
  if (box) box.checked = isChosen;
};
/** @type {Selection | undefined} */
let selection;
const folders = new Windowed(part("folders"), data.counts[0], cells("cover", share, mark));
const pictures = new Windowed(part("pictures"), data.counts[1], cells("tile", share, mark));
const files = new Windowed(part("files"), data.counts[2], cells("row", share, mark));
const lists = [folders, pictures, files];
selection = new Selection(lists);
const chosen = selection;
const viewer = new Viewer(share, preview);
const live = new Live(share, {
  changed: reload,
  lost: () => say(LOST),
  gone: () => {
    isGone = true;
    entries = [];
    arrange();
  },
  found: () => {
    isGone = false;
    say("");
  },
});
// Links to what is not laid out are for those without a script; many thousands are a burden.
for (const rest of document.querySelectorAll(".rest")) rest.remove();

const TOLD_FOR = 6000;
const ASK_AGAIN = 2000;

/** @type {Entry[]} */
let entries = [];
let isLoaded = false;
let isGone = false;
/** What was tapped before it was known which entry that is. */
/** @type {{list: Windowed<Entry>, index: number} | null} */
let awaited = null;
const title = document.title;
const LOST = gettext("The computer that shares these pictures does not answer. Trying again…");

// The folder

async function reload() {
  const listing = await live.ask();
  if (!listing) return;
  entries = listing.entries;
  isLoaded = true;
  arrange();
  chosen.keep(entries);
  const tapped = awaited && awaited.list.items[awaited.index];
  awaited = null;
  if (tapped?.readable) look(tapped);
}

function arrange() {
  if (!isLoaded) return;
  const filter = part("filter").value.trim();
  const found = arranged(entries, part("order").value, filter);
  folders.show(found.folders);
  pictures.show(found.pictures);
  files.show(found.files);
  // Another list may have become longer or shorter above one.
  for (const list of lists) list.render();
  const all = [...found.pictures, ...found.files, ...found.folders];
  set(part("summary"), summary(all));
  part("state").hidden = all.length > 0;
  const empty = filter ? gettext("Nothing has this name.") : gettext("Nothing here yet.");
  const sentence = isGone ? gettext("This folder is no longer here.") : empty;
  set(part("state").querySelector("p"), sentence);
  part("play").disabled = !found.pictures.length;
  if (viewer.isOpen) viewer.update(neighbours(/** @type {Entry} */ (viewer.entry)));
}

/** @param {Entry[]} all */
function summary(all) {
  /** @param {(one: Entry) => boolean} isOne */
  const count = (isOne) => all.filter(isOne).length;
  const counts = {
    picture: count((one) => one.kind === "picture"),
    video: count((one) => one.kind === "video"),
    folder: count((one) => one.kind === "folder"),
  };
  const rest = all.length - counts.picture - counts.video - counts.folder;
  const total = all.reduce((sum, one) => sum + one.size, 0);
  return [
    counts.picture && ngettext("%(num)s picture", "%(num)s pictures", counts.picture),
    counts.video && ngettext("%(num)s video", "%(num)s videos", counts.video),
    rest && ngettext("%(num)s file", "%(num)s files", rest),
    counts.folder && ngettext("%(num)s folder", "%(num)s folders", counts.folder),
    total && size(total),
  ]
    .filter((text) => typeof text === "string")
    // A line is broken between them.
    .map((text) => text.replaceAll(" ", "\u00a0"))
    .join(", ");
}

/** @param {HTMLElement} element @param {string} text */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A small picture that the browser has already, if there is one. @param {Entry} one */
function preview(one) {
  const found = pictures.cells.find(([, other]) => other.href === one.href);
  return found?.[0].querySelector("img")?.currentSrc || share.thumb(one, "large");
}

// The bar

part("order").addEventListener("change", () => {
  const value = `lanslide-order=${part("order").value}`;
  document.cookie = `${value}; path=/; max-age=31536000; samesite=strict`;
  // What the server has laid out is in another order.
  if (!isLoaded) for (const list of lists) list.blank();
  toTheFirst();
  arrange();
});

part("filter").addEventListener("input", () => {
  history.replaceState(history.state, "", address(viewed()));
  toTheFirst();
  arrange();
});

/** Go up to where the entries begin, without uncovering what is above the bar. */
function toTheFirst() {
  // The bar itself is wherever it sticks.
  const top = part("entries").offsetTop - part("bar").offsetHeight;
  scrollTo({ top: Math.min(scrollY, top), behavior: "instant" });
}

part("bar").addEventListener("submit", (/** @type {Event} */ event) => {
  event.preventDefault();
  part("filter").blur();
});

part("play").addEventListener("click", () => {
  const shown = /** @type {Entry[]} */ (pictures.items).filter((one) => one?.readable);
  if (!shown.length) return;
  look(shown[0]);
  viewer.play();
});

// Looking

let lastSeen = "";

/** Which view the address names, as an entry's `href`. */
function viewed() {
  const found = /[?&]view=([^&]*)/.exec(location.search);
  return found ? canonical(found[1]) : "";
}

/** @param {string} view */
function address(view) {
  const filter = part("filter").value.trim();
  const fields = [filter && `filter=${encodeURIComponent(filter)}`, view && `view=${view}`];
  const query = fields.filter(Boolean).join("&");
  return location.pathname + (query && `?${query}`);
}

/** What is looked at one after the other with *one*. @param {Entry} one @returns {Entry[]} */
function neighbours(one) {
  const list = one.kind === "picture" || one.kind === "video" ? pictures : files;
  return /** @type {Entry[]} */ (list.items).filter((other) => other?.readable);
}

/** @param {Entry} one */
function look(one) {
  history.pushState({ isOpened: true }, "", address(one.href));
  open(one);
}

/** @param {Entry} one */
function open(one) {
  const shown = neighbours(one);
  viewer.open(shown, shown.findIndex((other) => other.href === one.href));
}

/** Show what the address says. */
function follow() {
  const view = viewed();
  if (!view) viewer.close();
  else if (isLoaded && viewer.entry?.href !== view) {
    const one = entries.find((other) => other.href === view && other.readable);
    if (one && neighbours(one).includes(one)) open(one);
    else {
      say(gettext("This is no longer here."));
      history.replaceState(null, "", address(""));
    }
  }
}

addEventListener("popstate", () => {
  if (chosen.isOn && !history.state?.isChoosing) chosen.end();
  follow();
});

viewer.addEventListener("shown", () => {
  const one = /** @type {Entry} */ (viewer.entry);
  lastSeen = one.href;
  document.title = `${one.name} – ${title}`;
  if (viewed() !== one.href) history.replaceState(history.state, "", address(one.href));
});

viewer.addEventListener("leave", () => {
  if (history.state?.isOpened) history.back();
  else {
    history.replaceState(null, "", address(""));
    viewer.close();
  }
});

viewer.addEventListener("closed", () => {
  document.title = title;
  const list = lists.find((one) => one.items.some((item) => item?.href === lastSeen));
  const index = list?.items.findIndex((item) => item?.href === lastSeen) ?? -1;
  const link = list?.reveal(index).querySelector(".open");
  /** @type {HTMLElement | null | undefined} */ (link)?.focus({ preventScroll: true });
});

for (const list of [pictures, files]) {
  list.list.addEventListener("click", (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.button;
    const cell = /** @type {Element} */ (event.target).closest(".open")?.closest("li");
    if (!isPlain || !cell || event.defaultPrevented) return;
    const index = Number(cell.getAttribute("aria-posinset")) - 1;
    const one = list.items[index];
    if (one && !one.readable) return;
    event.preventDefault();
    const href = cell.querySelector(".open")?.getAttribute("href");
    if (one) look(one);
    // What is in the folder is not known yet; then it is opened as soon as it is.
    else if (href) history.pushState({ isOpened: true }, "", address(canonical(href)));
    else awaited = { list, index };
  });
}

// Taking

/** Leave choosing as Back does, which people press for it on phones. */
function endChoosing() {
  if (history.state?.isChoosing) history.back();
  else chosen.end();
}

chosen.addEventListener("change", () => {
  if (chosen.isOn && !history.state?.isChoosing) {
    history.pushState({ isChoosing: true }, "", location.href);
  }
  document.body.classList.toggle("selecting", chosen.isOn);
  for (const list of lists) for (const [cell, one] of list.cells) mark(cell, one);
  const button = part("select");
  button.dataset.select ??= button.textContent;
  set(button, chosen.isOn ? button.dataset.done : button.dataset.select);
  button.setAttribute("aria-pressed", String(chosen.isOn));
  part("all").hidden = !chosen.isOn;
  part("play").hidden = chosen.isOn;
  const some = chosen.entries;
  part("tray").hidden = !some.length;
  set(part("chosen"), ngettext("%(num)s selected", "%(num)s selected", some.length));
  set(part("weight"), weight(some));
});

/** How much is chosen, as far as that is known. @param {Entry[]} some */
function weight(some) {
  const count = some.filter((one) => one.kind === "folder").length;
  const total = some.reduce((sum, one) => sum + one.size, 0);
  const counted = count && ngettext("%(num)s folder", "%(num)s folders", count);
  return [counted, (total || !count) && size(total)].filter(Boolean).join(", ");
}

part("select").addEventListener("click", () => (chosen.isOn ? endChoosing() : chosen.begin()));
part("all").addEventListener("click", () => {
  // Folders are left to be chosen one by one: with them, a phone can only be given an archive.
  chosen.choose(/** @type {Entry[]} */ ([...pictures.items, ...files.items]));
});

part("take").addEventListener("click", async () => {
  part("take").disabled = true;
  try {
    await take(share, chosen.entries, part("format").value, say);
  } catch {
    say(gettext("This could not be saved. Please try again."));
  }
  part("take").disabled = false;
});

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen.isOn && !viewer.isOpen) endChoosing();
});

// Telling

let telling = 0;

/** @param {string} text @param {{label: string, act: () => void}} [action] */
function say(text, action) {
  const notice = part("notice");
  clearTimeout(telling);
  if (text && !action && text !== LOST) telling = setTimeout(() => say(""), TOLD_FOR);
  notice.hidden = !text;
  set(notice.querySelector("span"), text);
  const button = notice.querySelector("button");
  button.hidden = !action;
  if (action) {
    set(button, action.label);
    button.onclick = action.act;
  }
}

// Moving about

/** Go from one cell to another by the arrow keys. @param {KeyboardEvent} event */
function arrows(event) {
  const link = /** @type {Element} */ (event.target).closest?.(".open");
  const list = lists.find((one) => link && one.list.contains(link));
  if (!link || !list || event.ctrlKey || event.metaKey || event.altKey) return;
  const index = Number(link.closest("li")?.getAttribute("aria-posinset")) - 1;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -list.columns, ArrowDown: list.columns };
  const step = /** @type {Record<string, number>} */ (steps)[event.key];
  if (!step || !list.items[index + step]) return;
  event.preventDefault();
  /** @type {HTMLElement} */ (list.reveal(index + step).querySelector(".open")).focus();
}

addEventListener("keydown", arrows);

// A server that makes many small pictures at once lets some wait.

const SMALL_PICTURES = ".tile img, .cover img";

/** Ask again for a small picture in a while. @param {HTMLImageElement} image */
function askAgain(image) {
  image.classList.add("waits");
  image.addEventListener("load", () => image.classList.remove("waits"), { once: true });
  setTimeout(() => {
    if (image.isConnected) image.src = image.src;
  }, ASK_AGAIN);
}

addEventListener(
  "error",
  (event) => {
    const image = event.target;
    if (image instanceof HTMLImageElement && image.matches(SMALL_PICTURES)) askAgain(image);
  },
  true,
);
// Those that were told to wait before this script was there.
for (const image of document.querySelectorAll(SMALL_PICTURES)) {
  if (image instanceof HTMLImageElement && image.complete && !image.naturalWidth) askAgain(image);
}

let isDrawing = false;
addEventListener(
  "scroll",
  () => {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      for (const list of lists) list.render();
    });
  },
  { passive: true },
);
new ResizeObserver(() => {
  for (const list of lists) list.layout();
}).observe(part("entries"));

// What was chosen is gone with the page before.
if (history.state?.isChoosing) history.replaceState(null, "", location.href);
part("filter").value = new URLSearchParams(location.search).get("filter") ?? "";
await reload();
follow();
live.start();
