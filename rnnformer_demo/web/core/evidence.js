/** Scores of an attribution as several views show them: their colour scale, and a table of all words. */

import { top } from "./arrays.js";
import { scale, table } from "./parts.js";
import { attributionsOf, unitName } from "./units.js";

/**
 * Return the colour scale of an attribution.
 * @param {{signed: boolean, target: string}} attribution @param {import("./i18n.js").Translate} t
 * @param {(share: number) => string} colour of a share of the strongest score, -1 to 1
 */
export function evidenceScale({ signed, target }, t, colour) {
  if (!signed) return scale("0", t("words.strong"), colour);
  return scale(t("words.against", { target }), t("words.for", { target }), (share) => colour(2 * share - 1));
}

/** Return a table of the scores of all words, by each method. @param {Pick<import("../explorer.js").Context, "store" | "t" | "format">} context */
export function scoreTable({ store, t, format }) {
  const { document, target } = store;
  const all = attributionsOf(document);
  const written = all.map(({ scores }) => scores.map(format.signedUpTo(top(scores), 1)));
  const rows = document.input.units.map((_, unit) => [unitName(document, unit, t), ...written.map((scores) => scores[unit])]);
  return table(t("words.table", { target }), [t("word"), ...all.map(({ method }) => t(`method.${method}`))], rows);
}
