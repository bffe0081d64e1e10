// The folder as it is now: new files appear and removed ones go, without a reload.

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
  #share;
  #then;

  /**
   * @param {Share} share
   * @param {{changed: () => void, lost: () => void, found: () => void}} then
   */
  constructor(share, then) {
    this.#share = share;
    this.#then = then;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#attend());
    addEventListener("pageshow", (event) => event.persisted && this.#then.changed());
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
    } catch {
      this.#isLost = true;
      this.#then.lost();
      this.#later(TRY_AGAIN);
      return null;
    }
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
      this.#source.addEventListener("error", () => this.#later(TRY_AGAIN / 4));
    }
  }

  /** @param {number} milliseconds */
  #later(milliseconds) {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#then.changed(), milliseconds);
  }
}
