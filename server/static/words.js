// The page's words, numbers and dates in the language that the server chose.

/** @typedef {Record<string, string | string[]>} Catalogue a text's translation, or one for each number */

/** @type {Catalogue} */
let catalogue = {};
let language = "en";
// What the visitor's browser says of it: dates differ between countries.
let locale = "en";
/** @type {Intl.PluralRules} */
let plural;

/**
 * @param {string} code of the language
 * @param {Catalogue} words empty for the language that this script is written in
 */
export function speak(code, words) {
  language = code;
  locale = navigator.languages.find((one) => one.split("-")[0] === code) ?? code;
  catalogue = words;
  plural = new Intl.PluralRules(code);
}

/** @param {string} text @param {Record<string, string>} [values] */
export function gettext(text, values = {}) {
  return filled(/** @type {string} */ (catalogue[text] ?? text), values);
}

/** @param {string} one @param {string} many @param {number} count */
export function ngettext(one, many, count) {
  const forms = /** @type {string[]} */ (catalogue[one] ?? [one, many]);
  return filled(forms[plural.select(count) === "one" ? 0 : 1], { num: number(count) });
}

/** @param {number} value @param {number} [digits] */
export function number(value, digits = 0) {
  const style = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(language, style).format(value);
}

/** A number of bytes, as the server writes it. @param {number} bytes */
export function size(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${number(amount, unit === 0 || amount >= 99.5 ? 0 : 1)} ${units[unit]}`;
}

/** @param {number} seconds since the epoch */
export function moment(seconds) {
  return written(new Date(seconds * 1000), undefined);
}

/** The camera's own clock, which knows no time zone. @param {string} iso */
export function cameraMoment(iso) {
  return written(new Date(`${iso}Z`), "UTC");
}

/** The day alone, as the server writes it. @param {number} seconds since the epoch */
export function day(seconds) {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return "";
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  const [year, month, dayOfMonth] = parts.map((part) => String(part).padStart(2, "0"));
  return language === "de" ? `${dayOfMonth}.${month}.${year}` : `${year}-${month}-${dayOfMonth}`;
}

/** @param {Date} date @param {string | undefined} timeZone */
function written(date, timeZone) {
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(locale, {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone,
  }).format(date);
}

/** @param {string} text @param {Record<string, string>} values */
function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}
