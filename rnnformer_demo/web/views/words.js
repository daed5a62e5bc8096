/** The text, each word on the colour of its score; the cursor's home, and the place of edits. */

import { top } from "../core/arrays.js";
import { css, evidence, isDark } from "../core/colours.js";
import { h, replace } from "../core/dom.js";
import { evidenceScale, scoreTable } from "../core/evidence.js";
import { moveCursor, showNumbers } from "../core/parts.js";
import { followCursor, unitUnder } from "../core/pointer.js";
import { unitScores } from "../core/units.js";
import { whatIf } from "../core/whatif.js";
import { drawEdit, wordTools } from "../core/word_tools.js";

export const wide = true;
const STRONGEST = 0.62; // opacity of the strongest word: text on it keeps a contrast of 4.5:1
const FAINTEST = 0.04; // share of the strongest score below which a word stays plain

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, format } = context;
  const document_ = store.document;
  const letters = Array.from(document_.input.text); // spans count code points
  const words = document_.input.units.map(({ name, span }, unit) =>
    h("span", { class: "word", role: "button", tabindex: "-1", dataset: { unit } }, letters.slice(...span).join("") || name),
  );
  let end = 0;
  const parts = words.flatMap((word, unit) => {
    const { span } = document_.input.units[unit];
    const between = letters.slice(end, span[0]).join("");
    end = span[1];
    return [between, word];
  });
  const text = h("div", { class: "words", dir: "auto", role: "group", "aria-label": t("words.label") }, parts, letters.slice(end).join(""));
  const tools = context.actions ? wordTools(context, words) : null;
  const legend = h("div", { class: "legend" });
  const numbers = h("div");
  const element = h("div", {}, text, tools?.element, legend, numbers);

  followCursor(text, store, unitUnder, (unit, event) => tools?.click(event, unit) || store.pin(unit));
  // Shift chooses words, and no letters.
  text.addEventListener("mousedown", (event) => event.shiftKey && unitUnder(event) !== null && event.preventDefault());
  text.addEventListener("keydown", (event) => {
    if (!tools?.key(event) && !moveCursor(event, store, { count: words.length, at: unitUnder(event) })) return;
    if (store.cursor.unit !== null) words[store.cursor.unit].focus();
  });

  const colour = () => {
    const { attribution } = store.document;
    const scores = unitScores(store.document) ?? [];
    const strongest = top(scores) || 1;
    const signed = format.signedUpTo(strongest);
    const dark = isDark();
    const shade = (share) => css(evidence(share, dark), Math.abs(share) * STRONGEST);
    words.forEach((word, unit) => {
      const share = (scores[unit] ?? 0) / strongest;
      word.style.background = Math.abs(share) < FAINTEST ? "" : shade(share);
      word.setAttribute("aria-label", scores.length ? `${word.textContent} ${signed(scores[unit])}` : word.textContent);
    });
    replace(
      legend,
      evidenceScale(attribution, t, shade),
      h("span", {}, t("words.strongest", { method: t(`method.${attribution.method}`), score: format.upTo(strongest, 1)(strongest) })),
    );
    showNumbers(numbers, t("numbers"), () => scoreTable(context));
  };
  let shown = null;
  const point = () => {
    const { unit, pinned } = store.cursor;
    const place = words[unit ?? 0];
    if (shown && shown !== place) {
      shown.classList.remove("at", "pinned");
      shown.tabIndex = -1;
      shown.removeAttribute("aria-pressed");
    }
    shown = place;
    if (!place) return;
    place.tabIndex = 0;
    place.classList.toggle("at", unit !== null);
    place.classList.toggle("pinned", pinned);
    place.setAttribute("aria-pressed", String(pinned));
  };
  colour();
  point();
  if (!tools) drawEdit(words, whatIf(document_).shown, t);
  return {
    element,
    update(changed) {
      if (changed.has("attribution") || changed.has("theme")) colour();
      if (changed.has("cursor")) point();
      tools?.update(changed);
      if (!tools && changed.has("edits")) drawEdit(words, whatIf(store.document).shown, t);
    },
  };
}
