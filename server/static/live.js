// The folder as it is now: new files appear and removed ones go, without a reload.

import { Gone } from "./share.js";

/** @typedef {import("./share.js").Share} Share */
/** @typedef {import("./share.js").Listing} Listing */

const TRY_AGAIN = 4000;
// Many changes at once are one.
const SETTLE = 250;

/**
 * Listens while the page is seen, and tries again while the server does not answer.
 */
export class Live {
  /** @type {EventSource | null} */
  #source = null;
  #version = "";
  #waiting = 0;
  #isLost = false;
  #isStarted = false;
  #share;
  #then;

  /**
   * @param {Share} share
   * @param {{changed: () => void, gone: () => void, lost: () => void, found: () => void}} then
   */
  constructor(share, then) {
    this.#share = share;
    this.#then = then;
  }

  start() {
    this.#isStarted = true;
    document.addEventListener("visibilitychange", () => this.#attend());
    addEventListener("pageshow", (event) => event.persisted && this.#then.changed());
    this.#attend();
  }

  /** Ask what is in the folder; nothing if it cannot be had. @returns {Promise<Listing | null>} */
  async ask() {
    let listing = null;
    let isLost = false;
    try {
      listing = await this.#share.listing();
      this.#version = listing.version ?? "";
      if (this.#isStarted) this.#attend();
    } catch (error) {
      isLost = !(error instanceof Gone);
      if (!isLost) this.#then.gone();
      this.#later(TRY_AGAIN);
    }
    if (isLost) this.#then.lost();
    else if (this.#isLost) this.#then.found();
    this.#isLost = isLost;
    return listing;
  }

  #attend() {
    if (document.hidden) {
      this.#source?.close();
      this.#source = null;
    } else if (!this.#source && this.#version) {
      this.#source = new EventSource(`/api/events/${this.#share.path}`);
      this.#source.addEventListener("folder", (event) => {
        if (JSON.parse(event.data).version !== this.#version) this.#later(SETTLE);
      });
      this.#source.addEventListener("gone", () => this.#later(SETTLE));
      this.#source.addEventListener("error", () => {
        // One that was refused does not try again by itself.
        if (this.#source?.readyState === EventSource.CLOSED) this.#source = null;
        this.#later(this.#source ? TRY_AGAIN / 4 : TRY_AGAIN);
      });
    }
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#then.changed(), milliseconds);
  }
}
