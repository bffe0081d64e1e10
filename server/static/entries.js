// What is in a folder: values, and plain functions over them.

/**
 * @typedef {object} Entry
 * @property {string} name as it is shown: nothing in it that a screen would obey
 * @property {string} href relative to the page, percent-encoded byte by byte
 * @property {"folder"|"picture"|"video"|"audio"|"text"|"archive"|"document"|"file"} kind
 * @property {string} type
 * @property {number} size in bytes; 0 for a folder
 * @property {number} modified in seconds since the epoch
 * @property {string} version changes with the content
 * @property {number} width of a picture in pixels; 0 if that is not known yet
 * @property {number} height
 * @property {boolean} readable
 * @property {string} folded the name, to be searched
 */

/** @typedef {{folders: Entry[], pictures: Entry[], files: Entry[]}} Arranged */

const TEXTS = /^text\/|^application\/(json|toml|yaml|x-sh|xml|sql)$/;
const ARCHIVES = /^application\/(gzip|zip|zstd|x-7z-compressed|x-bzip2|x-tar|x-xz|vnd\.rar)$/;
// Controls, formats (the bidirectional ones among them), lone surrogates, separators.
const OBEYED = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const SHOWN_BY_BROWSERS = /^image\/(jpeg|png|gif|webp|avif|bmp)$/;

/** @type {Record<string, (one: Entry, other: Entry) => number>} */
const ORDERS = {
  name: () => 0,
  "name-down": () => 0,
  newest: (one, other) => other.modified - one.modified,
  oldest: (one, other) => one.modified - other.modified,
  largest: (one, other) => other.size - one.size,
  smallest: (one, other) => one.size - other.size,
};

/** One entry of the server's listing. @param {any} line @returns {Entry} */
export function entry(line) {
  const isFolder = line.kind === "folder";
  return {
    name: shown(line.name),
    href: encoded(line.name) + (isFolder ? "/" : ""),
    kind: isFolder ? "folder" : kind(line.type ?? ""),
    type: line.type ?? "",
    size: line.size ?? 0,
    modified: line.modified,
    version: line.version ?? "",
    width: line.width ?? 0,
    height: line.height ?? 0,
    readable: line.readable,
    folded: folded(line.name),
  };
}

/** @param {string} type @returns {Entry["kind"]} */
function kind(type) {
  const family = type.split("/")[0];
  if (family === "image") return "picture";
  if (family === "video" || family === "audio") return family;
  if (TEXTS.test(type)) return "text";
  if (ARCHIVES.test(type)) return "archive";
  return type === "application/octet-stream" ? "file" : "document";
}

/**
 * A name as part of an address. A name that is not UTF-8 on the server's disk comes with lone
 * surrogates, each for one byte.
 * @param {string} name
 */
export function encoded(name) {
  return name.replace(/[\ud800-\udbff][\udc00-\udfff]|[^A-Za-z0-9_.~-]/gs, (character) => {
    const unit = character.charCodeAt(0);
    if (unit >= 0xdc80 && unit <= 0xdcff) return `%${(unit - 0xdc00).toString(16).toUpperCase()}`;
    return percented(character);
  });
}

/** @param {string} character */
function percented(character) {
  const bytes = [...new TextEncoder().encode(character)];
  return bytes.map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
}

/** An address as `encoded` would have written it. @param {string} href */
export function canonical(href) {
  return href.replace(/%([0-9a-f]{2})|[^A-Za-z0-9_.~/-]/gis, (found, digits) => {
    if (!digits) return percented(found);
    const plain = String.fromCharCode(parseInt(digits, 16));
    return /[A-Za-z0-9_.~-]/.test(plain) ? plain : found.toUpperCase();
  });
}

/** A name with what a screen would obey spelled out. @param {string} name */
function shown(name) {
  return name.replace(OBEYED, (character) => {
    const number = /** @type {number} */ (character.codePointAt(0));
    if (number < 0x20) return String.fromCharCode(0x2400 + number);
    if (number >= 0xdc80 && number <= 0xdcff) return `\\x${(number - 0xdc00).toString(16)}`;
    return `\\u${number.toString(16).padStart(4, "0")}`;
  });
}

/** @param {string} text */
export function folded(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/**
 * The entries whose names hold every word of *filter*, sorted.
 * @param {Entry[]} entries in the server's order by name
 * @param {string} order
 * @param {string} filter
 * @returns {Arranged}
 */
export function arranged(entries, order, filter) {
  const words = folded(filter).split(/\s+/).filter(Boolean);
  const kept = entries.filter((one) => words.every((word) => one.folded.includes(word)));
  // Sorting is stable, so names decide between equals; downwards they do so from the last on.
  if (order === "name-down" || order === "newest" || order === "largest") kept.reverse();
  kept.sort(ORDERS[order] ?? ORDERS.name);
  return {
    folders: kept.filter((one) => one.kind === "folder"),
    pictures: kept.filter((one) => one.kind === "picture" || one.kind === "video"),
    files: kept.filter((one) => !["folder", "picture", "video"].includes(one.kind)),
  };
}

/** Whether a WebP file that begins with these bytes moves. @param {Uint8Array} bytes */
export function isAnimation(bytes) {
  const kind = String.fromCharCode(...bytes.subarray(12, 16));
  return kind === "VP8X" && (bytes[20] & 2) !== 0;
}

/** @param {Entry} one */
export function isShownByBrowsers(one) {
  return SHOWN_BY_BROWSERS.test(one.type);
}
