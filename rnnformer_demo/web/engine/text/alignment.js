/** A text that is rewritten step by step and keeps where each of its characters comes from. Places are JavaScript's. */

/** @typedef {[start: number, end: number, sign: string]} Edit a part of the text, and what takes its place */

export class AlignedText {
  /** @param {string} typed the text before any step */
  constructor(typed) {
    /** The text as the steps so far left it. */
    this.text = typed;
    /** @type {{starts: number[], ends: number[]} | null} null while each character stands for itself */
    this.places = null;
  }

  /**
   * Replace parts of the text; they must be in order and must not overlap. What comes in stands for the whole part.
   * @param {Edit[]} edits
   */
  rewrite(edits) {
    if (!edits.length) return;
    const old = this.places;
    /** @type {number[]} */
    const starts = [];
    /** @type {number[]} */
    const ends = [];
    let text = "";
    let kept = 0;
    const keep = (/** @type {number} */ until) => {
      text += this.text.slice(kept, until);
      for (let place = kept; place < until; place += 1) {
        starts.push(old ? old.starts[place] : place);
        ends.push(old ? old.ends[place] : place + 1);
      }
    };
    for (const [start, end, sign] of edits) {
      keep(start);
      text += sign;
      for (let count = 0; count < sign.length; count += 1) {
        starts.push(old ? old.starts[start] : start);
        ends.push(old ? old.ends[end - 1] : end);
      }
      kept = end;
    }
    keep(this.text.length);
    this.text = text;
    this.places = { starts, ends };
  }

  /**
   * Return for parts of the text, none of them empty, their start and end in what was typed.
   * @param {[number, number][]} spans @returns {[number, number][]}
   */
  typedSpans(spans) {
    const { places } = this;
    return places ? spans.map(([start, end]) => [places.starts[start], places.ends[end - 1]]) : spans;
  }
}
