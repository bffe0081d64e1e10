// What is known about a file, below or beside it.

import { cameraMoment, gettext, moment, number, size } from "./words.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {import("./share.js").Share} Share */

/** @param {HTMLElement} panel @param {Share} share @param {Entry} one */
export async function describe(panel, share, one) {
  panel.dataset.of = one.href;
  fill(panel, share, one, {});
  if (one.kind !== "picture" && one.kind !== "video") return;
  const known = await share.details(one).catch(() => null);
  // Another one may be looked at meanwhile.
  if (known && panel.dataset.of === one.href) fill(panel, share, one, known);
}

/** @param {HTMLElement} panel @param {Share} share @param {Entry} one @param {any} known */
function fill(panel, share, one, known) {
  const list = document.createElement("dl");
  for (const [label, value] of facts(one, known)) {
    const term = document.createElement("dt");
    term.textContent = label;
    const text = document.createElement("dd");
    text.textContent = value;
    list.append(term, text);
  }
  panel.replaceChildren(list);
  if (one.kind === "picture") panel.append(...saves(share, one));
}

/** @param {Entry} one @param {any} known @returns {[string, string][]} */
function facts(one, known) {
  const light = [
    known.focal_length,
    known.aperture,
    known.exposure,
    known.iso && `ISO ${known.iso}`,
  ];
  /** @type {[string, string][]} */
  const found = [
    [gettext("Name"), one.name],
    [gettext("Size"), size(one.size)],
    [gettext("Pixels"), known.width ? `${number(known.width)} × ${number(known.height)}` : ""],
    [gettext("Taken"), known.taken ? cameraMoment(known.taken) : ""],
    [gettext("Changed"), moment(one.modified)],
    [gettext("Camera"), known.camera ?? ""],
    [gettext("Lens"), known.lens ?? ""],
    [gettext("Exposure"), light.filter(Boolean).join(", ")],
    [gettext("Place"), known.location ? gettext("in the file") : ""],
  ];
  return found.filter(([, value]) => value);
}

/** @param {Share} share @param {Entry} one */
function saves(share, one) {
  const formats = [
    [gettext("Save original"), ""],
    [gettext("Save as JPEG"), "as=jpeg"],
    [gettext("Save at 2048 px"), "as=jpeg&max=2048"],
  ];
  return formats.map(([label, format]) => {
    const link = document.createElement("a");
    link.className = "pill";
    link.href = share.download(one, format);
    link.download = "";
    link.textContent = label;
    return link;
  });
}
