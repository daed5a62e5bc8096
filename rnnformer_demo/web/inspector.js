/** The inspector: what every part of the analysis says of the word or cell at the cursor. */

import { decode, once, top } from "./core/arrays.js";
import { button, h, replace } from "./core/dom.js";
import { fromTheStart, partWith, sharesAfter } from "./core/prefixes.js";
import { attributionsOf, tokensOf, unitName } from "./core/units.js";

const SHOWN = ["cursor", "document", "attribution", "other_attributions", "attention", "recurrence", "prefixes"];

export class Inspector {
  /** @param {import("./core/store.js").Store} store @param {() => Omit<import("./explorer.js").Context, "store">} context */
  constructor(store, context) {
    this.store = store;
    this.context = context;
    this.name = h("strong", { class: "inspector-name" });
    this.pinned = button("", () => store.pin(store.cursor.unit), { class: "quiet" });
    this.facts = h("dl", { class: "inspector-facts" });
    this.element = h("aside", { class: "inspector", hidden: true }, h("div", { class: "inspector-head" }, this.name, this.pinned), this.facts);
    this.translate();
    store.subscribe((changed) => this.#update(changed));
  }

  /** Write the fixed texts in the language of today. */
  translate() {
    this.element.setAttribute("aria-label", this.context().t("inspector.label"));
    this.#update(new Set(["cursor"]));
  }

  #update(changed) {
    const { document, cursor } = this.store;
    if (!document || cursor.unit === null) {
      this.element.hidden = true;
      return;
    }
    if (!SHOWN.some((name) => changed.has(name))) return;
    const { t } = this.context();
    this.element.hidden = false;
    this.element.classList.toggle("pinned", cursor.pinned);
    this.name.textContent = unitName(document, cursor.unit, t);
    this.pinned.textContent = t(cursor.pinned ? "inspector.release" : "inspector.pin");
    replace(
      this.facts,
      facts(document, cursor.unit, this.context()).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
    );
  }
}

/**
 * Return what the sections say of a unit, as terms and values.
 * @param {any} document @param {number} unit @param {Pick<import("./explorer.js").Context, "t" | "format">} context
 * @returns {[string, string][]}
 */
function facts(document, unit, { t, format }) {
  return [
    ...scoreFacts(document, unit, t, format),
    ...attentionFacts(document, unit, t, format),
    ...memoryFacts(document, unit, t, format),
    ...beliefFacts(document, unit, t, format),
  ];
}

function scoreFacts(document, unit, t, format) {
  return attributionsOf(document).map(({ method, scores }) => [t(`method.${method}`), format.signedUpTo(top(scores))(scores[unit])]);
}

function attentionFacts(document, unit, t, format) {
  const { attention } = document;
  if (!attention) return [];
  const tokens = tokensOf(document)[unit];
  const pooling = decode(attention.pooling).data;
  const sum = (values) => tokens.reduce((total, token) => total + values[token], 0);
  const found = [[t("inspector.pooling"), format.percent(sum(pooling))]];
  const layers = Object.values(attention.layers);
  if (layers.length) {
    const { received } = meanAttention(attention);
    found.unshift([t("inspector.attention"), format.percent(sum(received))]);
    found.push([t("inspector.looksAt"), strongestKey(document, tokens, t, format)]);
  }
  return found;
}

/** Return mean attention over layers and heads, (T * T), and what each token gets of it, (T). @param {any} attention */
const meanAttention = once((attention) => {
  const layers = /** @type {any[]} */ (Object.values(attention.layers)).map(decode);
  const length = layers[0].shape[1];
  const mean = new Float32Array(length * length);
  const heads = layers.reduce((sum, layer) => sum + layer.shape[0], 0);
  for (const { data } of layers) data.forEach((weight, place) => (mean[place % mean.length] += weight / heads));
  const received = new Float32Array(length);
  mean.forEach((weight, place) => (received[place % length] += weight / length));
  return { received, mean };
});

function strongestKey(document, tokens, t, format) {
  const { mean } = meanAttention(document.attention);
  const length = document.input.token_to_unit.length;
  const sums = new Float32Array(document.input.units.length);
  for (const token of tokens) {
    document.input.token_to_unit.forEach((key, other) => (sums[key] += mean[token * length + other] / tokens.length));
  }
  const key = sums.indexOf(Math.max(...sums));
  return `${unitName(document, key, t)} ${format.wholePercent(sums[key])}`;
}

function memoryFacts(document, unit, t, format) {
  return (document.recurrence ?? []).flatMap((recurrence) => {
    const shares = writtenShares(recurrence);
    const tokens = tokensOf(document)[unit];
    return [0, 1].map((direction) => {
      const share = tokens.reduce((sum, token) => sum + shares[direction][token], 0);
      const half = recurrence.half_life[direction];
      const lasts = half === null ? t("inspector.forever") : t("inspector.halfLife", { steps: format.tenth(half) });
      return [t(`inspector.wrote.${direction ? "backward" : "forward"}`, { name: recurrence.name }), `${format.percent(share)}, ${lasts}`];
    });
  });
}

/** Return for each direction the share (T) that a step has in all that the memory holds in the end. @param {any} recurrence */
const writtenShares = once((recurrence) => {
  const { shape, data } = decode(recurrence.contributions); // (T, 2, U)
  const [steps, directions, units] = shape;
  const found = Array.from({ length: directions }, () => new Float32Array(steps));
  data.forEach((value, place) => (found[Math.floor(place / units) % directions][Math.floor(place / (units * directions))] += Math.abs(value)));
  return found.map((shares) => {
    const sum = shares.reduce((total, share) => total + share, 0) || 1;
    return shares.map((share) => share / sum);
  });
});

function beliefFacts(document, unit, t, format) {
  const scan = fromTheStart(document);
  if (!scan) return [];
  const target = document.attribution?.target ?? document.prediction.label;
  const label = document.model.labels.indexOf(target);
  const at = (count) => {
    const part = partWith(scan, count);
    return part < 0 ? null : format.wholePercent(sharesAfter(scan, part)[label]);
  };
  const after = at(unit + 1);
  const before = unit > 0 ? at(unit) : null;
  return [[t("inspector.belief", { target }), before ? t("inspector.beforeAfter", { before, after: after ?? "" }) : `${after}`]];
}
