/** The prediction: label and calibrated probability, bars of the classes, and all that warns of it. A bar sets the target. */

import { byProbability, classSearch } from "../core/class_search.js";
import { button, h, replace } from "../core/dom.js";
import { onDemand, table } from "../core/parts.js";
import { framedPhoto } from "../core/photo_frame.js";
import { shareBar } from "../core/strips.js";

export const wide = true;
const ALL = 8; // classes up to which each has its bar
const SHOWN = 5; // bars where there are more

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, format, actions } = context;
  const { prediction, model } = store.document;
  const { probabilities, label } = prediction;
  const order = byProbability(probabilities);
  const many = order.length > ALL;
  const explain = (target) => target !== store.target && actions.explain({ target });
  const bars = h("ul", { class: "class-bars", "aria-label": t("prediction.bars"), onkeydown: move });
  const target = h("p", { class: "caption prediction-target" });
  const old = h("p", { class: "caption prediction-old" });
  const search = many && actions ? classSearch({ label: t("prediction.search"), probabilities, t, format, choose: explain }) : null;
  const logit = (name) => prediction.logits[model.labels.indexOf(name)];
  const rows = () => order.map((name) => [name, format.exact(probabilities[name]), format.exact(logit(name))]);
  const numbers = onDemand(t("numbers"), () => table(t("prediction.table"), [t("prediction.class"), t("probability"), t("term.logit")], rows()));
  const answer = h("p", { class: "answer" }, h("strong", {}, label), " ", h("span", {}, format.percent(prediction.confidence)));
  const element = h(
    "div",
    { class: "prediction" },
    h("div", { class: "prediction-answer" }, answer, ...about(context), old),
    h("div", { class: "prediction-classes" }, bars, target, search, numbers),
  );

  function row(name) {
    const share = probabilities[name];
    const content = [
      h("span", { class: "class-name" }, name),
      shareBar(share),
      h("span", { class: "class-share" }, format.percent(share)),
    ];
    if (!actions) return h("li", {}, h("div", { class: "class-row" }, content));
    return h("li", {}, button(content, () => explain(name), { class: "class-row", dataset: { name } }));
  }

  function move(event) {
    const rows = /** @type {HTMLElement[]} */ ([...bars.querySelectorAll("button")]);
    const to = rows.indexOf(/** @type {any} */ (document.activeElement)) + ({ ArrowDown: 1, ArrowUp: -1 }[event.key] ?? 0);
    if (!["ArrowDown", "ArrowUp"].includes(event.key) || !rows[to]) return;
    event.preventDefault();
    rows[to].focus();
  }

  /** Mark the class that is explained; one that was searched for gets a bar of its own. */
  function mark() {
    const asked = store.target;
    const named = order.slice(0, many ? SHOWN : ALL);
    const wanted = [...named, ...(named.includes(asked) ? [] : [asked])];
    const shown = [...bars.querySelectorAll(".class-name")].map(({ textContent }) => textContent);
    if (wanted.join("\n") !== shown.join("\n")) {
      const focused = /** @type {any} */ (document.activeElement)?.dataset?.name;
      replace(bars, wanted.map(row));
      if (focused) /** @type {any} */ ([...bars.querySelectorAll("button")].find(({ dataset }) => dataset.name === focused))?.focus();
    }
    bars.querySelectorAll("button").forEach((button) => {
      button.setAttribute("aria-pressed", String(button.dataset.name === asked));
      button.tabIndex = button.dataset.name === asked ? 0 : -1;
    });
    const key = asked === label ? "prediction.explained" : "prediction.instead";
    if (actions) target.textContent = t(key, { target: asked, label });
  }

  function age() {
    old.textContent = store.stale.has("prediction") ? t("prediction.old", { model: model.name }) : "";
  }

  mark();
  age();
  return {
    element,
    update(changed) {
      if (changed.has("attribution")) mark();
      if (changed.has("stale")) age();
    },
  };
}

/** Return what warns of a prediction, and where it comes from. */
function about(context) {
  const { store, t, say, format } = context;
  const { prediction, input, model } = store.document;
  const { ood } = prediction;
  const score = ood && t("prediction.ood", { score: format.exact(ood.score) });
  return [
    ood && !ood.in_domain ? h("p", { class: "notice" }, say(ood.message), " ", score) : null,
    input.warnings.map((warning) => h("p", { class: "notice" }, say(warning))),
    input.layout === "grid" ? framedPhoto(context) : null,
    ood?.in_domain ? h("p", { class: "caption" }, score, " ", t("prediction.inDomain")) : null,
    h("p", { class: "caption" }, t("prediction.latency", { model: model.name, ms: format.count(prediction.latency_ms) })),
  ].flat();
}
