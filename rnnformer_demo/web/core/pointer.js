/** The mouse over a view. At rest it means nothing, whatever comes under it while the page scrolls or changes. */

let last = "";
let moved = false;
addEventListener("pointermove", ({ screenX, screenY }) => {
  const place = `${screenX} ${screenY}`;
  moved = place !== last;
  last = place;
}, true);

/**
 * Say where the mouse moves over an element, and where it is clicked or tapped.
 * @template Place
 * @param {Element} element @param {(event: any) => Place} placeOf
 * @param {{point?: (place: Place) => void, leave?: () => void, pick?: (place: Place, event: any) => void}} hands
 */
export function followPointer(element, placeOf, { point, leave, pick }) {
  element.addEventListener("pointermove", (/** @type {any} */ event) => moved && event.pointerType !== "touch" && point?.(placeOf(event)));
  element.addEventListener("pointerleave", () => leave?.());
  element.addEventListener("click", (event) => pick?.(placeOf(event), event));
}

/**
 * Let the cursor follow the mouse and the keyboard's focus; a click or a tap pins it.
 * @param {Element} element @param {import("./store.js").Store} store
 * @param {(event: any) => number | null} [unitAt] by default that of the closest element with one
 * @param {(unit: number, event: any) => void} [pick]
 */
export function followCursor(element, store, unitAt = unitUnder, pick = (unit) => store.pin(unit)) {
  const hands = { point: (unit) => store.point(unit), leave: () => store.point(null) };
  followPointer(element, unitAt, { ...hands, pick: (unit, event) => unit !== null && pick(unit, event) });
  element.addEventListener("focusin", (/** @type {any} */ event) => {
    const unit = unitAt(event);
    if (unit !== null && event.target.matches(":focus-visible")) store.move(unit);
  });
}

/** Return the unit that the target of an event stands for; null for none. @param {any} event @returns {number | null} */
export function unitUnder(event) {
  const element = event.target.closest?.("[data-unit]");
  return element ? Number(element.dataset.unit) : null;
}
