// The folder as it is now: new files appear and removed ones go, without a reload.

import { Gone, NotLetIn } from "./share.js";

/** @typedef {import("./share.js").Share} Share */
/** @typedef {import("./share.js").Listing} Listing */

/**
 * @typedef {object} Then
 * @property {() => void} changed the folder has to be asked for again
 * @property {() => void} lost the server does not answer
 * @property {() => void} gone the folder is not there any more
 * @property {() => void} found one or the other is over
 */

const TRY_AGAIN = 4000;
const LISTEN_AGAIN = 30_000;
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
  #share;
  #then;

  /** @param {Share} share @param {Then} then */
  constructor(share, then) {
    this.#share = share;
    this.#then = then;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#attend());
    // A page that is kept for going back must not hold a connection.
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", (event) => {
      if (!event.persisted) return;
      this.#then.changed();
      this.#attend();
    });
    this.#attend();
  }

  /** Ask what is in the folder; nothing if it cannot be had. @returns {Promise<Listing | null>} */
  async ask() {
    try {
      const listing = await this.#share.listing();
      this.#version = listing.version ?? "";
      if (this.#isLost) this.#then.found();
      this.#isLost = false;
      return listing;
    } catch (error) {
      // The page that asks for the PIN comes instead.
      if (error instanceof NotLetIn) location.reload();
      this.#isLost = true;
      if (error instanceof Gone) this.#then.gone();
      else this.#then.lost();
      this.#later(TRY_AGAIN);
      return null;
    }
  }

  #attend() {
    if (document.hidden) {
      this.#leave();
      return;
    }
    if (this.#source) return;
    const source = new EventSource(`/api/events/${this.#share.path}`);
    this.#source = source;
    source.addEventListener("folder", (event) => {
      if (JSON.parse(event.data).version !== this.#version) this.#later(SETTLE);
    });
    source.addEventListener("gone", () => this.#later(SETTLE));
    source.addEventListener("error", () => {
      this.#later(TRY_AGAIN / 4);
      // The browser goes on by itself unless it was refused, as by a server that has enough to do.
      if (source.readyState === EventSource.CLOSED && this.#source === source) {
        setTimeout(() => {
          this.#source = null;
          this.#attend();
        }, LISTEN_AGAIN);
      }
    });
  }

  #leave() {
    this.#source?.close();
    this.#source = null;
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#then.changed(), milliseconds);
  }
}
