// One file on the stage of the viewer, whatever it is.

import { isShownByBrowsers } from "./entries.js";
import { WHOLE, bounded, fitted, zoomed } from "./zoom.js";
import { gettext, size } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./share.js").Share} Share */

const LONGEST_TEXT = 262_144;
// The longer side of the rendition for screens, in pixels.
const SCREEN = 2048;
const MOST_ZOOM = 8;
// Moving pictures are shown as they are, if they are no larger than this.
const MOVING_BYTES = 12_000_000;
const ASK_AGAIN = 2000;
// What stands for a picture that cannot be read; a header tells for sure.
const NEUTRAL = { width: 256, height: 192 };
const GONE = () => gettext("This is no longer here.");

/**
 * Emits `ready` on its element when its picture is there.
 */
export class Slide {
  /** @type {Entry | null} */
  entry = null;
  view = WHOLE;
  #board = document.createElement("div");
  #isSharp = false;
  #isFull = false;
  #isMoving = false;
  isReady = false;

  /** @param {Share} share */
  constructor(share) {
    this.share = share;
    this.element = document.createElement("div");
    this.element.className = "slide";
    this.#board.className = "board";
  }

  /** Show the preview of *one*, or nothing. @param {Entry | null} one @param {string} preview */
  show(one, preview) {
    if (one && this.entry?.href === one.href && this.entry.version === one.version) return;
    this.clear();
    this.entry = one;
    if (one?.kind === "picture") {
      this.element.append(this.#board);
      // A drawing has no size of its own: it is drawn as large as the screen.
      if (one.width && one.type !== "image/svg+xml") this.#measure(one.width, one.height);
      this.#add(preview, "");
    }
  }

  clear() {
    for (const media of this.element.querySelectorAll("video, audio")) {
      const player = /** @type {HTMLMediaElement} */ (media);
      player.pause();
      player.removeAttribute("src");
      player.load();
    }
    for (const image of this.#board.querySelectorAll("img")) image.removeAttribute("src");
    this.#board.replaceChildren();
    this.element.replaceChildren();
    this.entry = null;
    this.isReady = this.#isSharp = this.#isFull = this.#isMoving = false;
    this.#board.classList.remove("small");
    this.apply(WHOLE);
  }

  /** Show it as it should be looked at. */
  sharpen() {
    const one = this.entry;
    if (!one || this.#isSharp) return;
    this.#isSharp = true;
    if (one.kind === "picture") this.#look(one);
    else if (one.kind === "video" || one.kind === "audio") this.#play(one);
    else if (one.kind === "text" && one.size) this.#read(one);
    else this.#name(one, "");
  }

  /** The player, if it is a film or sound. */
  get player() {
    return /** @type {HTMLMediaElement | null} */ (this.element.querySelector("video, audio"));
  }

  get isZoomed() {
    return this.view.scale > 1.001;
  }

  get canZoom() {
    return this.entry?.kind === "picture" && this.isReady && this.#board.isConnected;
  }

  /** @param {number} x @param {number} y @param {number} factor */
  zoom(x, y, factor) {
    if (!this.canZoom) return;
    this.apply(this.#bounded(zoomed(this.view, { x, y }, factor, MOST_ZOOM)));
    this.#want();
  }

  /** Zoom in at a point, or out again. @param {number} x @param {number} y */
  toggle(x, y) {
    if (!this.canZoom) return;
    if (this.isZoomed) {
      this.apply(WHOLE);
      return;
    }
    const { width, height } = this.#stage;
    const fit = this.#fit;
    const fills = Math.max(width / fit.width, height / fit.height);
    this.zoom(x, y, Math.max(2.5, Math.min(4, fills)));
  }

  /** @param {import("./zoom.js").View} from @param {number} dx @param {number} dy */
  pan(from, dx, dy) {
    this.apply(this.#bounded({ ...from, x: from.x + dx, y: from.y + dy }));
  }

  /** @param {import("./zoom.js").View} view */
  apply(view) {
    this.view = view;
    const { scale, x, y } = view;
    this.#board.style.transform = scale === 1 ? "" : `translate(${x}px, ${y}px) scale(${scale})`;
  }

  /** Show it as it is if it moves, else what fills the screen. @param {Entry} one */
  async #look(one) {
    const isMoving = one.size <= MOVING_BYTES && (await this.share.moves(one));
    if (this.entry !== one) return;
    this.#isMoving = isMoving;
    this.#add(isMoving ? this.share.file(one) : this.share.thumb(one, "screen"), one.name);
  }

  /** @param {string} source @param {string} text */
  #add(source, text) {
    const one = this.entry;
    const image = new Image();
    image.alt = text;
    image.draggable = false;
    image.decoding = "async";
    image.src = source;
    const place = this.#board;
    image.decode().then(
      () => {
        const sharp = Boolean(text);
        // A preview may come later than what it stands in for.
        if (this.entry !== one || (!sharp && this.isReady)) return;
        place.append(image);
        if (sharp) this.#arrived(image);
        const { naturalWidth, naturalHeight } = image;
        const mayBeNone = naturalWidth === NEUTRAL.width && naturalHeight === NEUTRAL.height;
        if (one && sharp && mayBeNone) this.#doubt(one, source);
      },
      () => {
        if (this.entry === one && text) this.#missed(/** @type {Entry} */ (one), source);
      },
    );
  }

  /** @param {HTMLImageElement} image */
  #arrived(image) {
    const before = this.#board.querySelector("img");
    // What a drawing, or a raw file, can be converted to may be smaller than what is there.
    if (this.isReady && before && image.naturalWidth <= before.naturalWidth) {
      image.remove();
      return;
    }
    for (const older of [...this.#board.children]) if (older !== image) older.remove();
    if (!this.#isFull) this.#measure(image.naturalWidth, image.naturalHeight);
    this.#ready();
    this.#want();
  }

  /** Show it no larger than it is. @param {number} width of the picture @param {number} height */
  #measure(width, height) {
    const stage = this.#stage;
    this.#board.classList.toggle("small", width < stage.width && height < stage.height);
    this.#board.style.setProperty("--width", `${width}px`);
    this.#board.style.setProperty("--height", `${height}px`);
  }

  #ready() {
    if (this.isReady) return;
    this.isReady = true;
    this.element.dispatchEvent(new Event("ready"));
  }

  /** Get more pixels where the picture is so large that they would be seen. */
  #want() {
    const one = this.entry;
    if (!one || this.#isFull || !this.isZoomed || this.#isMoving) return;
    const fit = this.#fit;
    const shown = Math.max(fit.width, fit.height) * this.view.scale * devicePixelRatio;
    const image = this.#board.querySelector("img");
    const has = image ? Math.max(image.naturalWidth, image.naturalHeight) : 0;
    // A rendition smaller than it may be is the whole picture already.
    if (shown <= has * 1.1 || has < SCREEN) return;
    this.#isFull = true;
    const full = this.share.download(one, "as=jpeg&max=4096");
    this.#add(isShownByBrowsers(one) ? this.share.file(one) : full, one.name);
  }

  /** @param {Entry} one */
  #play(one) {
    const player = document.createElement(one.kind === "video" ? "video" : "audio");
    player.controls = true;
    player.preload = "metadata";
    player.setAttribute("playsinline", "");
    player.setAttribute("aria-label", one.name);
    if (player instanceof HTMLVideoElement) player.poster = this.share.thumb(one, "screen");
    player.addEventListener("error", () => {
      if (this.entry === one) this.#name(one, gettext("This browser cannot play it."), true);
    });
    player.addEventListener("loadedmetadata", () => {
      const isDark = player instanceof HTMLVideoElement && !player.videoWidth;
      if (isDark && this.entry === one) this.#hear(one, player);
    });
    player.src = this.share.file(one);
    this.element.replaceChildren(player);
    this.#ready();
  }

  /** Say that nothing will move in a film of a kind unknown here. @param {Entry} one @param {Element} player */
  #hear(one, player) {
    const box = document.createElement("div");
    box.className = "thing";
    const note = document.createElement("p");
    note.textContent = gettext("This browser plays only the sound of it.");
    box.append(player, note, this.#save(one));
    this.element.replaceChildren(box);
  }

  /** @param {Entry} one */
  async #read(one) {
    const sheet = document.createElement("pre");
    sheet.className = "sheet";
    sheet.tabIndex = 0;
    sheet.setAttribute("aria-label", one.name);
    try {
      const range = { Range: `bytes=0-${LONGEST_TEXT - 1}` };
      const reply = await fetch(this.share.file(one), { headers: range });
      const type = reply.headers.get("Content-Type") ?? "";
      if (this.entry !== one) return;
      if (!reply.ok) this.#name(one, GONE());
      else if (!type.startsWith("text/plain")) this.#name(one, "");
      else {
        sheet.textContent = decoded(await reply.arrayBuffer());
        if (one.size > LONGEST_TEXT) sheet.append(`\n\n${gettext("This is only the beginning.")}`);
        if (this.entry === one) this.element.replaceChildren(sheet);
        this.#ready();
      }
    } catch {
      if (this.entry === one) this.#name(one, gettext("The computer that shares this does not answer."));
    }
  }

  /** Say so if what came only stands for the picture. @param {Entry} one @param {string} source */
  async #doubt(one, source) {
    const reply = await fetch(source, { method: "HEAD" }).catch(() => null);
    if (this.entry !== one || reply?.headers.get("X-Lanslide-Picture") !== "none") return;
    this.#name(one, gettext("This picture cannot be shown."), true);
  }

  /** Find out why a picture did not come. @param {Entry} one @param {string} source */
  async #missed(one, source) {
    const reply = await fetch(source, { method: "HEAD" }).catch(() => null);
    if (this.entry !== one) return;
    if (!reply || reply.status === 503) {
      // It is there, but there is much else to do.
      setTimeout(() => this.entry === one && this.#add(source, one.name), ASK_AGAIN);
    } else if (!this.isReady) this.#name(one, reply.ok ? "" : GONE());
  }

  /**
   * Only tell what it is.
   * @param {Entry} one @param {string} sentence none for its size
   * @param {boolean} [isThere] whether it can be saved
   */
  #name(one, sentence, isThere = !sentence) {
    const box = document.createElement("div");
    box.className = "thing";
    const name = document.createElement("bdi");
    name.textContent = one.name;
    const note = document.createElement("p");
    note.textContent = sentence || size(one.size);
    box.append(icon(one.kind), name, note);
    if (isThere) box.append(this.#save(one));
    this.element.replaceChildren(box);
    this.#ready();
  }

  /** @param {Entry} one */
  #save(one) {
    const link = document.createElement("a");
    link.className = "button pill";
    link.href = this.share.download(one);
    link.download = "";
    link.textContent = gettext("Save");
    return link;
  }

  get #stage() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  get #fit() {
    const image = this.#board.querySelector("img");
    const stage = this.#stage;
    if (!image?.naturalWidth) return stage;
    const own = { width: image.naturalWidth, height: image.naturalHeight };
    return this.#board.classList.contains("small") ? own : fitted(own, stage);
  }

  /** @param {import("./zoom.js").View} view */
  #bounded(view) {
    return view.scale <= 1 ? WHOLE : bounded(view, this.#fit, this.#stage);
  }
}

/**
 * The text of a file, which does not tell its encoding: UTF-8, UTF-16 if it begins as such, else
 * what older Windows wrote. Its end may be missing.
 * @param {ArrayBuffer} bytes
 */
function decoded(bytes) {
  const [one, two] = new Uint8Array(bytes);
  if (one === 0xff && two === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (one === 0xfe && two === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** @param {string} name */
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `#icon-${name}`);
  drawing.append(use);
  return drawing;
}
