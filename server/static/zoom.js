// Zooming and moving a picture: plain arithmetic.

/** @typedef {{scale: number, x: number, y: number}} View a scale, and where the stage's corner goes */
/** @typedef {{width: number, height: number}} Extent */
/** @typedef {{x: number, y: number}} Point */

/** @type {Readonly<View>} */
export const WHOLE = Object.freeze({ scale: 1, x: 0, y: 0 });

/** How large *picture* is when all of it is on *stage*. @param {Extent} picture @param {Extent} stage */
export function fitted(picture, stage) {
  const factor = Math.min(stage.width / picture.width, stage.height / picture.height);
  return { width: picture.width * factor, height: picture.height * factor };
}

/** The view with *point* where it was, *factor* times as large. */
/** @param {View} view @param {Point} point @param {number} factor @param {number} most @returns {View} */
export function zoomed(view, point, factor, most) {
  const scale = Math.min(most, Math.max(1, view.scale * factor));
  const real = scale / view.scale;
  return {
    scale,
    x: point.x - (point.x - view.x) * real,
    y: point.y - (point.y - view.y) * real,
  };
}

/** The nearest view in which no room is left beside the picture that could be filled. */
/** @param {View} view @param {Extent} fit @param {Extent} stage @returns {View} */
export function bounded(view, fit, stage) {
  return {
    scale: view.scale,
    x: along(view.x, view.scale, fit.width, stage.width),
    y: along(view.y, view.scale, fit.height, stage.height),
  };
}

/** @param {number} at @param {number} scale @param {number} fit @param {number} stage */
function along(at, scale, fit, stage) {
  const before = ((stage - fit) / 2) * scale;
  const length = fit * scale;
  if (length <= stage) return (stage - length) / 2 - before;
  return Math.min(-before, Math.max(stage - length - before, at));
}
