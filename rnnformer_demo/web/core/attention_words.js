/** Attention in words: names of rows, what looks at what, exact numbers. */

import { largest } from "./arrays.js";
import { MEAN, POOLING, keysOf, queriesOf } from "./attention_maps.js";
import { table } from "./parts.js";
import { LETTERS, sentencesOf, shorten, textOf, unitName } from "./units.js";

const MOST_NUMBERS = 50; // rows of a table with all weights

/** @typedef {import("./attention_maps.js").AttentionMap} AttentionMap */

export class Wording {
  /** @param {import("../explorer.js").Context} context @param {import("./attention_maps.js").Scope} scope */
  constructor({ store, t, format }, scope) {
    Object.assign(this, { t, format, scope });
    this.document = /** @type {any} */ (store.document);
    this.cells = this.document.input.layout === "grid";
    this.bySentence = scope.key === "sentences";
  }

  /** Return the name of a row in a sentence. @param {number} row */
  name(row) {
    if (this.bySentence) return this.t("attention.sentence", { number: row + 1 });
    const name = unitName(this.document, this.scope.units[row], this.t);
    return this.cells ? name : this.t("attention.word", { word: name });
  }

  /** Return the names of rows beside a map. @returns {string[]} */
  labels() {
    const { units } = this.document.input;
    return this.scope.units.map((unit, row) => (this.bySentence ? sentenceLabel(this.document, row, 28) : shorten(units[unit].name, LETTERS)));
  }

  /** Return the three largest weights with their names. @param {ArrayLike<number>} weights */
  strongest(weights) {
    const { percent, wholePercent } = this.format;
    const key = this.cells || this.bySentence ? "attention.partShare" : "attention.wordShare";
    const share = (weight) => (weight < 0.01 ? percent(weight) : wholePercent(weight));
    return largest(weights, 3)
      .map((row) => this.t(key, { name: this.name(row), share: share(weights[row]) }))
      .join(this.t("attention.comma"));
  }

  /** Return what is looked at most. @param {AttentionMap} map */
  average(map) {
    return this.t(map.rows === 1 ? "attention.drawsOn" : "attention.average", { keys: this.strongest(keysOf(map, null)) });
  }

  /**
   * Return what the cursor's row looks at and is looked at by, and the weight under the mouse.
   * @param {AttentionMap} map @param {number} row -1 for none
   * @param {[number | null, number | null]} pair query and key under the mouse
   */
  reading(map, row, [from, to]) {
    const { t, format } = this;
    const pooled = map.rows === 1;
    const parts = [];
    if (row < 0) parts.push(this.average(map));
    else if (pooled) parts.push(t("attention.pooled", { word: this.name(row), share: format.percent(map.data[row]) }));
    else {
      const keys = this.strongest(keysOf(map, row));
      parts.push(t("attention.looks", { word: this.name(row), keys, queries: this.strongest(queriesOf(map, row)) }));
    }
    if (!pooled && from !== null && to !== null) {
      const share = format.percent(map.data[from * map.columns + to]);
      parts.push(t("attention.pair", { from: this.name(from), to: this.name(to), share }));
    }
    const text = parts.join(" ");
    return text[0].toUpperCase() + text.slice(1);
  }

  /** Return a table of all weights, or of the largest of each row. @param {AttentionMap} map @param {string} caption */
  exact(map, caption) {
    const { t, scope, format } = this;
    const names = scope.units.map((unit, row) => (this.bySentence ? this.name(row) : unitName(this.document, unit, t)));
    const rows = (cells) => names.map((name, row) => [name, ...cells(keysOf(map, row))]);
    if (map.rows === 1) {
      return table(caption, [t("attention.key"), t("attention.weight")], names.map((name, key) => [name, format.percent(map.data[key])]));
    }
    if (map.rows <= MOST_NUMBERS) {
      return table(caption, [t("attention.queryKey"), ...names], rows((keys) => Array.from(keys, format.percent)));
    }
    const best = (keys) => largest(keys, 5).map((key) => `${names[key]} ${format.percent(keys[key])}`);
    return table(caption, [t("attention.query"), t("attention.strongest")], rows((keys) => [best(keys).join(t("attention.comma"))]));
  }
}

/** Return the number and the beginning of a sentence. @param {any} document @param {number} index @param {number} most letters */
export function sentenceLabel({ input }, index, most) {
  const { start, end } = sentencesOf({ input })[index];
  return `${index + 1} ${shorten(textOf(input, start, end), most)}`;
}

/** Return the name of a layer or the pooling. @param {string} layer @param {import("./i18n.js").Translate} t */
export function layerName(layer, t) {
  return layer === POOLING ? t("attention.pooling") : t("attention.layer", { number: layer.replace(/\D+/, "") });
}

/** Return the name of a head or the mean of all. @param {string} head @param {import("./i18n.js").Translate} t */
export function headName(head, t) {
  return head === MEAN ? t("attention.mean") : t("attention.head", { number: head });
}

/** Return the heading of a map. @param {import("./attention_maps.js").Chosen} chosen @param {import("./i18n.js").Translate} t */
export function titleOf({ shown, layer, head }, t) {
  if (shown === "rollout" && layer === POOLING) return t("attention.rolloutPooled");
  if (shown === "rollout") return t("attention.rolloutTo", { layer: layerName(layer, t) });
  const parts = layer === POOLING ? [t("attention.poolingWeights")] : [layerName(layer, t), headName(head, t)];
  if (shown === "through") parts.push(t("attention.through"));
  else if (layer !== POOLING) parts.push(t("attention.weights"));
  return parts.join(", ");
}
