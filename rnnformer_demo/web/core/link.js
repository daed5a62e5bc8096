/** Two stores with one cursor: pointing at a word in one points at it in the other. */

/**
 * Return the unit of another document that stands for a unit of this one; null where there is none.
 * @param {any} from document @param {any} to document @param {number | null} unit
 */
function counterpart(from, to, unit) {
  if (unit === null || !from || !to) return null;
  const [here, there] = [from.input.units, to.input.units];
  const same = from.input.layout === "grid" ? String(from.input.grid) === String(to.input.grid) : here.length === there.length;
  if (same) return unit;
  if (from.input.layout === "grid" || to.input.layout === "grid") return null;
  // Another text: the same word, where it stands nearest to the same place, counted from the start or from the end.
  const name = here[unit].name.toLowerCase();
  const off = (other) => Math.min(Math.abs(other - unit), Math.abs(there.length - other - (here.length - unit)));
  const found = Array.from(there.keys()).filter((other) => there[other].name.toLowerCase() === name);
  return found.length ? found.reduce((best, other) => (off(other) < off(best) ? other : best)) : null;
}

/**
 * Let the cursors of two stores follow each other; the second takes over that of the first, also when its document comes.
 * @param {import("./store.js").Store} first @param {import("./store.js").Store} second
 * @returns {() => void} ends it
 */
export function link(first, second) {
  let following = false;
  const follow = (leader, follower) => {
    const unit = counterpart(leader.document, follower.document, leader.cursor.unit);
    const pinned = leader.cursor.pinned && unit !== null;
    if (following || (unit === follower.cursor.unit && pinned === follower.cursor.pinned)) return;
    following = true;
    follower.cursor = { unit, pinned };
    follower.notify("cursor");
    following = false;
  };
  follow(first, second);
  const ends = [
    first.subscribe((changed) => changed.has("cursor") && follow(first, second)),
    second.subscribe((changed) => {
      if (changed.has("document")) follow(first, second);
      else if (changed.has("cursor")) follow(second, first);
    }),
  ];
  return () => ends.forEach((end) => end());
}
