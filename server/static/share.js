// The server that shares the folder: where its things are, and what it says.

import { entry, isAnimation } from "./entries.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {{version: string | undefined, entries: Entry[]}} Listing */

const FIRST_ENTRIES = 2000;
const MORE_ENTRIES = 10000;

/** The server does not answer, or not as it should. */
export class Unreachable extends Error {}

/** The folder is not there any more. */
export class Gone extends Error {}

/** The server wants a PIN again. */
export class NotLetIn extends Error {}

export class Share {
  /** @param {string} path of the folder, percent-encoded, with a slash at its end if it has one */
  constructor(path) {
    this.path = path;
  }

  /** All that is in the folder, in order of the names. @returns {Promise<Listing>} */
  async listing() {
    /** @type {Map<string, Entry>} */
    const entries = new Map();
    let version;
    let offset = 0;
    while (offset !== null) {
      const limit = offset ? MORE_ENTRIES : FIRST_ENTRIES;
      const query = `offset=${offset}&limit=${limit}${offset ? "&version=free" : ""}`;
      const page = await json(`/api/folder/${this.path}?${query}`);
      version ??= page.version;
      // One that moved to the next page meanwhile is listed once.
      for (const line of page.entries) {
        const found = entry(line);
        entries.set(found.href, found);
      }
      offset = page.next;
    }
    return { version, entries: [...entries.values()] };
  }

  /** What is known about a picture. @param {Entry} one */
  details(one) {
    return json(`/api/info/${this.path}${one.href}`);
  }

  /** @param {Entry} one @param {"grid"|"large"|"screen"} size */
  thumb(one, size) {
    const version = one.version && `?v=${one.version}`;
    return `/thumb/${size}/${this.path}${one.href}${version}`;
  }

  /** Whether a picture moves, in a way that browsers show. @param {Entry} one */
  async moves(one) {
    if (one.type !== "image/webp") return one.type === "image/gif";
    const reply = await fetch(this.file(one), { headers: { Range: "bytes=0-20" } }).catch(() => null);
    return reply?.status === 206 && isAnimation(new Uint8Array(await reply.arrayBuffer()));
  }

  /** The file itself, shown. @param {Entry} one */
  file(one) {
    return `/files/${this.path}${one.href}`;
  }

  /** The file to be kept. @param {Entry} one @param {string} [format] such as `as=jpeg&max=2048` */
  download(one, format = "") {
    return `/download2/${this.path}${one.href}${format && `?${format}`}`;
  }
}

/** @param {string} address */
async function json(address) {
  let reply;
  try {
    reply = await fetch(address);
  } catch (error) {
    throw new Unreachable(address, { cause: error });
  }
  if (reply.status === 401) throw new NotLetIn(address);
  if (reply.status === 404) throw new Gone(address);
  if (!reply.ok) throw new Unreachable(`${address}: ${reply.status}`);
  return reply.json();
}
