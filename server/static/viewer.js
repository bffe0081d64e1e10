// One file after the other on the whole screen.

import { attend } from "./gestures.js";
import { Slide } from "./slide.js";
import { WHOLE } from "./zoom.js";
import { describe } from "./details.js";
import { gettext, number } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./share.js").Share} Share */

const SHOWN_FOR = 5000;
// Which part of the screen a swipe has to go, or how fast (pixels a second).
const FAR = 0.3;
const FAST = 400;
const DOWN = 110;
const GAP = 24;

/**
 * Emits `shown` when another file is looked at, and `closed`.
 */
export class Viewer extends EventTarget {
  /** @type {Entry[]} */
  #entries = [];
  #index = 0;
  #running = 0;
  #isRunning = false;
  #isInfoShown = false;
  /** @type {"" | "across" | "down" | "pan"} */
  #way = "";
  #from = WHOLE;

  /**
   * @param {Share} share
   * @param {(one: Entry) => string} preview the address of what is likely there already
   */
  constructor(share, preview) {
    super();
    this.#share = share;
    this.#preview = preview;
    this.#dialog = /** @type {HTMLDialogElement} */ (part("viewer"));
    this.#stage = part("stage");
    this.#slides = [new Slide(share), new Slide(share), new Slide(share)];
    this.#stage.append(...this.#slides.map((slide) => slide.element));
    for (const slide of this.#slides) {
      slide.element.addEventListener("ready", () => this.#ready(slide));
      slide.element.addEventListener("ended", () => this.#isRunning && this.#run(), true);
    }
    this.#listen();
  }

  #share;
  #preview;
  #dialog;
  #stage;
  /** @type {Slide[]} the one before, the one that is looked at, the one after */
  #slides;

  get isOpen() {
    return this.#dialog.open;
  }

  /** What is looked at. @returns {Entry | undefined} */
  get entry() {
    return this.isOpen ? this.#entries[this.#index] : undefined;
  }

  /** @param {Entry[]} entries @param {number} index */
  open(entries, index) {
    this.#entries = entries;
    if (!this.isOpen) {
      this.#dialog.classList.remove("bare");
      this.#dialog.showModal();
      this.#stage.tabIndex = -1;
      this.#stage.focus();
    }
    this.#jump(index);
  }

  /** Go on with what is there now; what was looked at stays, even if it has gone. */
  /** @param {Entry[]} entries */
  update(entries) {
    const current = this.entry;
    if (!current) return;
    const index = entries.findIndex((one) => one.href === current.href);
    if (index >= 0) {
      this.#entries = entries;
      this.#jump(index);
    } else {
      const rest = [...entries];
      rest.splice(Math.min(this.#index, rest.length), 0, current);
      this.#entries = rest;
      this.#fill();
    }
  }

  close() {
    if (!this.isOpen) return;
    this.stop();
    for (const slide of this.#slides) slide.clear();
    this.#dialog.style.removeProperty("--shade");
    this.#dialog.close();
    this.dispatchEvent(new Event("closed"));
  }

  /** Show one after the other. */
  play() {
    this.#isRunning = true;
    this.#pressed("run", true);
    this.#dialog.classList.add("bare");
    this.#run();
  }

  stop() {
    this.#isRunning = false;
    clearTimeout(this.#running);
    this.#pressed("run", false);
  }

  #listen() {
    part("close").addEventListener("click", () => this.#leave());
    part("previous").addEventListener("click", () => this.#step(-1));
    part("next").addEventListener("click", () => this.#step(1));
    part("run").addEventListener("click", () => (this.#isRunning ? this.stop() : this.play()));
    part("tell").addEventListener("click", () => this.#tell(!this.#isInfoShown));
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#leave();
    });
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("resize", () => this.#current.apply(WHOLE));
    attend(this.#stage, {
      tap: () => this.#dialog.classList.toggle("bare"),
      tapTwice: (x, y) => this.#smoothly(() => this.#current.toggle(x, y)),
      drag: (dx, dy) => this.#drag(dx, dy),
      drop: (dx, dy, speedX, speedY) => this.#drop(dx, dy, speedX, speedY),
      pinch: (x, y, factor, dx, dy) => {
        const { view } = this.#current;
        this.#current.pan(view, dx, dy);
        this.#current.zoom(x, y, factor);
      },
      pinched: () => this.#begin(),
    });
  }

  get #current() {
    return this.#slides[1];
  }

  /** Ask to be closed: the page goes back in the browser's history. */
  #leave() {
    this.dispatchEvent(new Event("leave"));
  }

  /** @param {number} index */
  #jump(index) {
    this.#index = index;
    this.#current.apply(WHOLE);
    this.#fill();
    this.#place(0, false);
    this.#told();
  }

  /** Go on, the neighbour already being beside it. @param {number} step 1 or -1 */
  #step(step) {
    const index = this.#index + step;
    if (!this.#entries[index]) {
      this.#place(0, true);
      return;
    }
    const [one, two, three] = this.#slides;
    two.player?.pause();
    this.#slides = step > 0 ? [two, three, one] : [three, one, two];
    this.#index = index;
    const moved = step > 0 ? one : three;
    moved.element.classList.remove("settling");
    this.#fill();
    this.#place(0, true, moved);
    this.#told();
  }

  /** Have on each slide what belongs there. */
  #fill() {
    for (const [place, slide] of this.#slides.entries()) {
      const one = this.#entries[this.#index + place - 1] ?? null;
      slide.show(one, one ? this.#preview(one) : "");
      slide.element.inert = place !== 1;
      if (place !== 1) slide.apply(WHOLE);
    }
    this.#current.sharpen();
    if (this.#current.isReady) this.#ready(this.#current);
  }

  /** Neighbours are fetched once what is looked at is there. @param {Slide} slide */
  #ready(slide) {
    if (slide !== this.#current) return;
    for (const neighbour of [this.#slides[2], this.#slides[0]]) {
      if (neighbour.entry?.kind === "picture") neighbour.sharpen();
    }
  }

  #told() {
    const one = this.#entries[this.#index];
    const values = { num: number(this.#index + 1), total: number(this.#entries.length) };
    const place = gettext("%(num)s of %(total)s", values);
    part("name").textContent = one.name;
    part("place").textContent = place;
    part("announcement").textContent = `${one.name}, ${place}`;
    const keep = /** @type {HTMLAnchorElement} */ (part("keep"));
    keep.href = this.#share.download(one);
    /** @type {HTMLButtonElement} */ (part("previous")).disabled = this.#index === 0;
    /** @type {HTMLButtonElement} */ (part("next")).disabled =
      this.#index === this.#entries.length - 1;
    if (this.#isInfoShown) describe(part("details"), this.#share, one);
    this.dispatchEvent(new Event("shown"));
  }

  /** @param {boolean} isShown */
  #tell(isShown) {
    this.#isInfoShown = isShown;
    this.#pressed("tell", isShown);
    part("details").hidden = !isShown;
    this.#dialog.classList.toggle("told", isShown);
    this.#place(0, false);
    if (isShown) describe(part("details"), this.#share, this.#entries[this.#index]);
  }

  #run() {
    clearTimeout(this.#running);
    const current = this.#current;
    this.#running = setTimeout(() => {
      if (!this.#isRunning) return;
      // A film is seen to its end; a picture that is not there yet is waited for.
      const isBusy = current.player ? !current.player.paused : !current.isReady;
      if (!isBusy) {
        if (this.#index + 1 < this.#entries.length) this.#step(1);
        else this.#jump(0);
      }
      this.#run();
    }, SHOWN_FOR);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("video, audio, .sheet") && !/^(Escape|[a-z])$/.test(event.key)) return;
    const middle = [this.#stage.clientWidth / 2, this.#stage.clientHeight / 2];
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => this.#step(-1),
      ArrowRight: () => this.#step(1),
      PageUp: () => this.#step(-1),
      PageDown: () => this.#step(1),
      Home: () => this.#jump(0),
      End: () => this.#jump(this.#entries.length - 1),
      "+": () => this.#current.zoom(middle[0], middle[1], 1.5),
      "-": () => this.#current.zoom(middle[0], middle[1], 1 / 1.5),
      0: () => this.#current.apply(WHOLE),
      i: () => this.#tell(!this.#isInfoShown),
      f: () => this.#fullScreen(),
      s: () => part("keep").click(),
    };
    if (!target.closest("button, a")) {
      keys[" "] = () => (this.#isRunning ? this.stop() : this.play());
    }
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #fullScreen() {
    const change = document.fullscreenElement
      ? document.exitFullscreen()
      : this.#dialog.requestFullscreen?.();
    // A browser that does not want to goes on as it is.
    change?.catch(() => {});
  }

  #begin() {
    this.#way = "";
  }

  /** @param {number} dx @param {number} dy */
  #drag(dx, dy) {
    if (this.#isRunning) this.stop();
    if (!this.#way) {
      this.#from = this.#current.view;
      if (this.#current.isZoomed) this.#way = "pan";
      else this.#way = Math.abs(dx) > Math.abs(dy) ? "across" : "down";
    }
    if (this.#way === "pan") this.#current.pan(this.#from, dx, dy);
    if (this.#way === "across") this.#place(this.#entries[this.#index - Math.sign(dx)] ? dx : dx / 3, false);
    if (this.#way === "down") this.#pull(Math.max(0, dy));
  }

  /** @param {number} dx @param {number} dy @param {number} speedX @param {number} speedY */
  #drop(dx, dy, speedX, speedY) {
    const way = this.#way;
    this.#way = "";
    if (way === "across") {
      const isFar = Math.abs(dx) > this.#stage.clientWidth * FAR;
      const isFast = Math.abs(speedX) > FAST && Math.sign(speedX) === Math.sign(dx);
      if (isFar || isFast) this.#step(-Math.sign(dx));
      else this.#place(0, true);
    }
    if (way === "down") {
      if (dy > DOWN || (speedY > FAST && dy > 40)) this.#leave();
      else this.#smoothly(() => this.#pull(0));
    }
  }

  /** Take the picture down, and let the page behind it through. @param {number} down */
  #pull(down) {
    const { element } = this.#current;
    const far = Math.min(1, down / (2 * DOWN));
    element.style.transform = down ? `translateY(${down}px) scale(${1 - far * 0.15})` : "";
    this.#dialog.style.setProperty("--shade", String(1 - far * 0.7));
    this.#dialog.classList.toggle("pulled", down > 0);
  }

  /** @param {() => void} act */
  #smoothly(act) {
    const { element } = this.#current;
    element.classList.add("settling");
    act();
    setTimeout(() => element.classList.remove("settling"), 260);
  }

  /**
   * Put the slides side by side.
   * @param {number} dx @param {boolean} smoothly @param {Slide} [moved] out of sight, so at once
   */
  #place(dx, smoothly, moved) {
    const width = this.#stage.clientWidth + GAP;
    for (const [place, slide] of this.#slides.entries()) {
      const at = (place - 1) * width + dx;
      slide.element.classList.toggle("settling", smoothly && slide !== moved);
      slide.element.style.transform = at ? `translateX(${at}px)` : "";
    }
    this.#dialog.style.removeProperty("--shade");
    this.#dialog.classList.remove("pulled");
  }

  /** @param {string} id @param {boolean} isPressed */
  #pressed(id, isPressed) {
    part(id).setAttribute("aria-pressed", String(isPressed));
  }
}

/** @param {string} id */
function part(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}
