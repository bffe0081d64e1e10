// What fingers, mouse and wheel do on the stage of the viewer.

/**
 * @typedef {object} Hands
 * @property {(x: number, y: number) => void} tap once
 * @property {(x: number, y: number) => void} tapTwice
 * @property {(dx: number, dy: number, from: {x: number, y: number}) => void} drag so far
 * @property {(dx: number, dy: number, speedX: number, speedY: number) => void} drop pixels a second
 * @property {(x: number, y: number, factor: number, dx: number, dy: number) => void} pinch at a point
 * @property {() => void} pinched
 */

const STILL = 8;
const TWICE = 300;
const NEAR = 40;

/** @param {HTMLElement} stage @param {Hands} hands */
export function attend(stage, hands) {
  /** @type {Map<number, {x: number, y: number}>} */
  const fingers = new Map();
  let mode = /** @type {"none" | "press" | "drag" | "pinch"} */ ("none");
  let start = { x: 0, y: 0 };
  let isOnText = false;
  let last = { x: 0, y: 0, time: 0, speedX: 0, speedY: 0 };
  let lastTap = { x: 0, y: 0, time: 0 };
  let tapping = 0;

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.button || isOwn(event)) return;
    if (fingers.size === 2) return;
    fingers.set(event.pointerId, point(event));
    if (fingers.size === 1) {
      mode = "press";
      start = point(event);
      isOnText = Boolean(/** @type {Element} */ (event.target).closest(".sheet"));
      last = { ...start, time: event.timeStamp, speedX: 0, speedY: 0 };
    } else {
      if (mode === "drag") hands.drop(0, 0, 0, 0);
      mode = "pinch";
      for (const id of fingers.keys()) capture(id);
    }
  }

  /** @param {number} id */
  function capture(id) {
    // It may have been lifted meanwhile.
    try {
      stage.setPointerCapture(id);
    } catch {
      fingers.delete(id);
    }
  }

  /** @param {PointerEvent} event */
  function move(event) {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (mode === "pinch") {
      pinch(event, before);
      return;
    }
    const now = point(event);
    fingers.set(event.pointerId, now);
    const [dx, dy] = [now.x - start.x, now.y - start.y];
    if (mode === "press" && Math.hypot(dx, dy) > STILL) {
      if (isOnText && Math.abs(dy) > Math.abs(dx)) {
        fingers.clear();
        mode = "none";
        return;
      }
      mode = "drag";
      capture(event.pointerId);
    }
    if (mode !== "drag") return;
    const elapsed = Math.max(1, event.timeStamp - last.time) / 1000;
    const speedX = 0.6 * ((now.x - last.x) / elapsed) + 0.4 * last.speedX;
    const speedY = 0.6 * ((now.y - last.y) / elapsed) + 0.4 * last.speedY;
    last = { ...now, time: event.timeStamp, speedX, speedY };
    hands.drag(dx, dy, start);
  }

  /** @param {PointerEvent} event @param {{x: number, y: number}} before */
  function pinch(event, before) {
    const now = point(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1] ?? before;
    const factor = distance(now, other) / Math.max(1, distance(before, other));
    fingers.set(event.pointerId, now);
    const [dx, dy] = [(now.x - before.x) / 2, (now.y - before.y) / 2];
    hands.pinch((now.x + other.x) / 2, (now.y + other.y) / 2, factor, dx, dy);
  }

  /** @param {PointerEvent} event */
  function up(event) {
    if (!fingers.delete(event.pointerId)) return;
    if (mode === "pinch") {
      hands.pinched();
      const [left] = fingers;
      // The finger that stays goes on by moving the picture.
      mode = left ? "drag" : "none";
      if (left) {
        start = left[1];
        last = { ...start, time: event.timeStamp, speedX: 0, speedY: 0 };
      }
      return;
    }
    const isStill = event.timeStamp - last.time > 100;
    if (mode === "drag") {
      const [dx, dy] = [last.x - start.x, last.y - start.y];
      hands.drop(dx, dy, isStill ? 0 : last.speedX, isStill ? 0 : last.speedY);
    }
    if (mode === "press" && event.type === "pointerup") tap(event);
    mode = "none";
  }

  /** @param {PointerEvent} event */
  function tap(event) {
    const now = { ...point(event), time: event.timeStamp };
    clearTimeout(tapping);
    if (now.time - lastTap.time < TWICE && distance(now, lastTap) < NEAR) {
      lastTap = { x: 0, y: 0, time: 0 };
      hands.tapTwice(now.x, now.y);
      return;
    }
    lastTap = now;
    tapping = setTimeout(() => hands.tap(now.x, now.y), TWICE);
  }

  /** @param {WheelEvent} event */
  function wheel(event) {
    if (isOwn(event)) return;
    event.preventDefault();
    const unit = event.deltaMode ? 30 : 1;
    // A pinch on a touchpad comes as a wheel with Ctrl, in smaller steps.
    const speed = event.ctrlKey ? 0.01 : 0.0025;
    const { x, y } = point(event);
    hands.pinch(x, y, Math.exp(-event.deltaY * unit * speed), 0, 0);
    hands.pinched();
  }

  /** @param {MouseEvent} event */
  function point(event) {
    const { left, top } = stage.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  stage.addEventListener("pointerdown", down);
  stage.addEventListener("pointermove", move);
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("wheel", wheel, { passive: false });
  // Else a browser lets a quick swipe run on after the viewer closed, and takes the next tap to stop it.
  stage.addEventListener("touchmove", (event) => mode === "drag" && event.preventDefault(), {
    passive: false,
  });
  stage.addEventListener("dragstart", (event) => event.preventDefault());
}

/** @param {{x: number, y: number}} one @param {{x: number, y: number}} other */
function distance(one, other) {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

/** Whether it is meant for what is on the stage: text, links, the controls of a video. */
/** @param {MouseEvent} event */
function isOwn(event) {
  const target = /** @type {Element} */ (event.target);
  // The browser moves a text up and down under a finger; across, the finger goes on from it.
  const isTouch = event instanceof PointerEvent && event.pointerType === "touch";
  if (target.closest(isTouch ? "a, audio" : "a, audio, .sheet")) return true;
  if (!(target instanceof HTMLVideoElement)) return false;
  return event.clientY > target.getBoundingClientRect().bottom - 90;
}
