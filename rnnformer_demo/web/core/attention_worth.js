/** What attention is worth here: the probability with uniform and with permuted weights, and how alike the states are. */

import { POOLING, replaced } from "./attention_maps.js";
import { h } from "./dom.js";
import { NEXT_TO_NOTHING } from "./effects.js";
import { shareBar } from "./strips.js";

/**
 * Return what is said above a map of attention, or of the pooling.
 * @param {any} document @param {string} layer
 * @param {boolean} awaited whether interventions are on their way, also where those of another class are there
 * @param {Pick<import("../explorer.js").Context, "t" | "format" | "say">} context
 */
export function worth(document, layer, awaited, { t, format, say }) {
  const { conicity, warning } = document.attention;
  const effects = replaced(document, layer);
  const bar = (name, share, moved) => [
    h("dt", {}, name),
    h("dd", {}, shareBar(share, moved ? { kind: "other" } : {})),
    h("dd", {}, format.percent(share), moved && h("small", {}, ` ${t("attention.distance", { distance: moved })}`)),
  ];
  const said = warning ? say(warning) : t("attention.conicity", { conicity: format.exact(conicity) });
  const alike = h("p", { class: warning ? "notice" : "caption" }, said);
  const verdict = (...parts) => h("div", { class: "attention-verdict" }, parts);
  if (!effects) return [awaited ? h("div", { class: "attention-test" }, h("h3", {}, t("panel.awaited"))) : null, verdict(alike)];
  const { target, original, kinds, idle } = effects;
  const values = { distance: format.exact(Math.max(...kinds.map(({ distance }) => distance))), limit: format.exact(NEXT_TO_NOTHING) };
  return [
    h(
      "div",
      { class: `attention-test${awaited ? " old" : ""}` },
      h("h3", {}, t(layer === POOLING ? "attention.ifPooling" : "attention.ifReplaced", { target })),
      h(
        "dl",
        {},
        bar(t("attention.asItIs"), original, null),
        kinds.map(({ kind, share, distance }) => bar(t(`attention.${kind}`), share, format.exact(distance))),
      ),
    ),
    verdict(h("p", { class: idle ? "notice" : "" }, t(idle ? "attention.idle" : "attention.counts", values)), alike),
  ];
}
