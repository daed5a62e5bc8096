/** Interventions: the prediction with attention weights or the recurrence made useless. */

import { h, replace } from "../core/dom.js";
import { NEXT_TO_NOTHING, changeNothing } from "../core/effects.js";
import { onDemand, table } from "../core/parts.js";
import { shareBar } from "../core/strips.js";

const ORIGINAL = "as it is";
const RECURRENCE = "without recurrence";

/** @param {any} document */
export const fits = (document) => Object.keys(document.interventions.total_variation).length > 0;

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store } = context;
  const element = h("div", { class: "interventions" });
  const draw = () => replace(element, ...partsOf(store.document, context));
  draw();
  return {
    element,
    update(changed) {
      if (changed.has("interventions") || changed.has("attention")) draw();
    },
  };
}

function partsOf(document, { t, format }) {
  const { target, probability, total_variation } = document.interventions;
  const all = Object.entries(probability);
  const rows = all.map(([name, share]) => {
    const distance = total_variation[name]; // the model's own output has none
    const own = distance === undefined;
    return h(
      "li",
      {},
      h("span", { class: "effects-name" }, t(`interventions.${name}`)),
      shareBar(share, own ? {} : { at: probability[ORIGINAL], kind: "other" }),
      h("span", { class: "effects-share" }, format.percent(share)),
      own ? null : shareBar(distance, { kind: "small" }),
      own ? null : h("span", { class: "effects-distance" }, t("interventions.moved", { distance: format.exact(distance) })),
    );
  });
  const numbers = () => {
    const heads = [t("interventions.head"), t("probability"), t("interventions.distance")];
    const distance = (name) => (name in total_variation ? format.exact(total_variation[name]) : "–");
    const cells = all.map(([name, share]) => [t(`interventions.${name}`), format.exact(share), distance(name)]);
    return table(t("interventions.table", { target }), heads, cells);
  };
  return [
    h("p", { class: "caption" }, t("interventions.of", { target })),
    h("ul", { class: "effects" }, rows),
    answers(document, t, format).map((answer) => h("p", { class: "effects-answer" }, answer)),
    onDemand(t("numbers"), numbers),
  ];
}

/** Return whether attention and memory matter here, in sentences. */
function answers({ interventions, attention }, t, format) {
  const { target, probability, total_variation } = interventions;
  const answer = (question, names) => {
    const distances = names.map((name) => total_variation[name]);
    const shares = names.map((name) => probability[name]);
    const [own, low, high] = [probability[ORIGINAL], Math.min(...shares), Math.max(...shares)].map(format.percent);
    const key = changeNothing(distances) ? "same" : low === high ? "becomes" : "between";
    const values = { target, own, low, high, distance: format.exact(Math.max(...distances)), least: format.exact(NEXT_TO_NOTHING) };
    return [t(`interventions.${question}`), t(`interventions.${key}`, values)].join(" ");
  };
  const names = Object.keys(total_variation);
  const ofAttention = names.filter((name) => name !== RECURRENCE);
  const conicity = attention ? ` ${t("interventions.conicity", { conicity: format.exact(attention.conicity) })}` : "";
  return [
    ...(ofAttention.length ? [answer("attention", ofAttention) + conicity] : []),
    ...(names.includes(RECURRENCE) ? [answer("memory", [RECURRENCE])] : []),
  ];
}
