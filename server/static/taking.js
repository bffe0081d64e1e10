// Files on their way to the one who looks at the page.

import { gettext, ngettext } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./share.js").Share} Share */

/**
 * Tells people what goes on.
 * @callback Tell
 * @param {string} text none takes the notice away
 * @param {{label: string, act: () => void}} [action]
 */

// More than these are a zip, also for a phone: they come at most about one a second.
const SINGLE_DOWNLOADS = 30;
// What is handed to the share sheet at once; phones keep it in memory.
const PORTION_FILES = 10;
const PORTION_BYTES = 120_000_000;
const BETWEEN_DOWNLOADS = 900;

/**
 * Save entries in the way that suits the device.
 * @param {Share} share
 * @param {Entry[]} entries
 * @param {string} format such as `as=jpeg&max=2048`; none for the originals
 * @param {Tell} tell
 */
export async function take(share, entries, format, tell) {
  const isPhone = matchMedia("(pointer: coarse)").matches;
  // A folder comes in an archive only.
  if (entries.some((one) => one.kind === "folder")) await zip(share, entries, format, tell);
  else if (isPhone && canHandOver()) await handOver(share, entries, format, tell);
  else if (entries.length === 1) download(share.download(entries[0], format));
  else if (isPhone && entries.length <= SINGLE_DOWNLOADS) await downloads(share, entries, format, tell);
  else await zip(share, entries, format, tell);
}

function canHandOver() {
  const file = new File(["x"], "x.jpg", { type: "image/jpeg" });
  return isSecureContext && Boolean(navigator.canShare?.({ files: [file] }));
}

/**
 * Hand files to the system's share sheet, which saves them where the phone keeps its pictures.
 * @param {Share} share @param {Entry[]} entries @param {string} format @param {Tell} tell
 */
async function handOver(share, entries, format, tell) {
  let done = 0;
  for (const portion of portions(entries)) {
    /** @type {File[]} */
    const files = [];
    for (const one of portion) {
      tell(gettext("Getting %(num)s of %(total)s…", text({ num: done + 1, total: entries.length })));
      files.push(await fetched(share.download(one, format), one));
      done += 1;
    }
    const isShared = await shared(files, tell);
    if (!isShared) break;
  }
  tell("");
}

/** @param {Entry[]} entries @returns {Entry[][]} */
export function portions(entries) {
  /** @type {Entry[][]} */
  const found = [];
  let bytes = Infinity;
  for (const one of entries) {
    const last = found.at(-1);
    if (last && last.length < PORTION_FILES && bytes + one.size <= PORTION_BYTES) {
      last.push(one);
      bytes += one.size;
    } else {
      found.push([one]);
      bytes = one.size;
    }
  }
  return found;
}

/** @param {string} address @param {Entry} one */
async function fetched(address, one) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`${address}: ${reply.status}`);
  const isJpeg = reply.headers.get("Content-Type") === "image/jpeg";
  const name = isJpeg && !/\.jpe?g$/i.test(one.name) ? one.name.replace(/\.[^.]*$|$/, ".jpg") : one.name;
  return new File([await reply.blob()], name, { type: reply.headers.get("Content-Type") ?? one.type });
}

/**
 * A share sheet opens only upon a touch, and getting the files may have taken longer than a touch
 * counts: then another one is asked for.
 * @param {File[]} files @param {Tell} tell
 * @returns {Promise<boolean>} whether the user went on with it
 */
async function shared(files, tell) {
  try {
    await navigator.share({ files });
    return true;
  } catch (error) {
    if (/** @type {Error} */ (error).name !== "NotAllowedError") return false;
  }
  return new Promise((answer) => {
    tell(ngettext("%(num)s file is ready.", "%(num)s files are ready.", files.length), {
      label: gettext("Save"),
      act: () => navigator.share({ files }).then(() => answer(true), () => answer(false)),
    });
  });
}

/**
 * @param {Share} share @param {Entry[]} entries @param {string} format @param {Tell} tell
 */
async function downloads(share, entries, format, tell) {
  for (const [index, one] of entries.entries()) {
    tell(gettext("Saving %(num)s of %(total)s…", text({ num: index + 1, total: entries.length })));
    download(share.download(one, format));
    await new Promise((after) => setTimeout(after, BETWEEN_DOWNLOADS));
  }
  tell("");
}

/** @param {string} address */
function download(address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

/**
 * @param {Share} share @param {Entry[]} entries @param {string} format @param {Tell} tell
 */
async function zip(share, entries, format, tell) {
  const paths = entries.map((one) => share.path + one.href.replace(/\/$/, ""));
  if (paths.every(isPlain)) sendForm(paths.map(decodeURIComponent), format);
  else {
    tell(gettext("Making the archive ready…"));
    download(await archive(paths, format));
    tell("");
  }
}

/** Whether a form sends a path as it is: no form can send what is not UTF-8. @param {string} path */
function isPlain(path) {
  try {
    return !/[\r\n]/.test(decodeURIComponent(path));
  } catch {
    return false;
  }
}

/** The browser itself fetches the archive, and can resume. @param {string[]} paths @param {string} format */
function sendForm(paths, format) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/zip";
  form.hidden = true;
  const fields = [...paths.map((path) => ["path", path]), ...new URLSearchParams(format)];
  for (const [name, value] of fields) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}

/** The address of an archive of *paths*. @param {string[]} paths @param {string} format */
async function archive(paths, format) {
  const controller = new AbortController();
  const reply = await fetch("/zip", {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: [...paths.map((path) => `path=${path}`), format].filter(Boolean).join("&"),
    signal: controller.signal,
  });
  const { ok, status, url } = reply;
  controller.abort();
  if (!ok) throw new Error(`/zip: ${status}`);
  return url;
}

/** @param {Record<string, number>} numbers */
function text(numbers) {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
}
