/** A heap: gives back the least of what it was given. @template Item */
export class Heap {
  /** @param {(one: Item, other: Item) => number} compare below 0 where the first is less */
  constructor(compare) {
    this.compare = compare;
    /** @type {Item[]} */
    this.items = [];
  }

  /** Add an item. @param {Item} item */
  push(item) {
    const { items } = this;
    let place = items.push(item) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (this.compare(items[above], item) <= 0) break;
      items[place] = items[above];
      place = above;
    }
    items[place] = item;
  }

  /** Take the least item out and return it; undefined where there is none. */
  pop() {
    const { items } = this;
    const least = items[0];
    const last = items.pop();
    if (!items.length || last === undefined) return least;
    let place = 0;
    for (let below = 1; below < items.length; below = 2 * place + 1) {
      if (below + 1 < items.length && this.compare(items[below + 1], items[below]) < 0) below += 1;
      if (this.compare(last, items[below]) <= 0) break;
      items[place] = items[below];
      place = below;
    }
    items[place] = last;
    return least;
  }
}
