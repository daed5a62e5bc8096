/** Search by pattern: the units that stay beyond a threshold during a stretch, and where else they do. */

import { membersOf } from "../../core/catalogue.js";
import { able, button, h, replace, uniqueId } from "../../core/dom.js";
import { select, slider } from "../../core/parts.js";
import { unitScores } from "../../core/units.js";
import { busiest } from "./map.js";
import { thresholds, valuesOf } from "./values.js";

const AROUND = 48; // letters shown on either side of a match
const LONGEST_WORD = 14;
const MOST_UNITS = 16;
const MOST_TEXTS = 50; // that the server takes beside the examples of the card

/** @param {import("../recurrence.js").Shared} shared @returns {import("../recurrence.js").Tab} */
export function searchTab(shared) {
  const { context, chosen, pattern } = shared;
  const { store, t, format, actions } = context;
  const { input } = store.document;
  const { recurrence, direction } = chosen();
  const values = valuesOf(recurrence, shared.searched(), direction);
  const state = pattern();
  if (!state.words) {
    const scores = unitScores(store.document)?.map(Math.abs);
    const word = store.cursor.unit ?? (scores ? scores.indexOf(Math.max(...scores)) : input.token_to_unit[busiest(values)]);
    state.words = [word, word];
  }
  const sized = (value) => format.signed(value).slice(1);
  const options = input.units.map(({ name }, index) => ({ value: String(index), text: `${index + 1}: ${name}` }));
  const ends = h("div", { class: "choices" });
  const found = h("p", { class: "reading" });
  const find = button(t("recurrence.find"), () => search());
  const results = h("div", { class: "recurrence-results" });
  const id = uniqueId("texts");
  const texts = h("textarea", { id, rows: 3, dir: "auto", oninput: () => (state.texts = texts.value) });
  texts.value = state.texts ?? "";
  const more = h(
    "details",
    { class: "numbers", open: Boolean(state.texts) },
    h("summary", {}, t("recurrence.ownTexts")),
    h("label", { for: id }, t("recurrence.oneALine")),
    texts,
  );
  const element = h("div", {}, h("p", { class: "caption" }, t("recurrence.searchHint")), ends, found, more, h("p", {}, find), results);

  function controls() {
    const [first, last] = /** @type {[number, number]} */ (state.words);
    const limit = /** @type {any} */ (shared.marked()).threshold;
    const range = { ...thresholds(values), value: limit };
    replace(
      ends,
      select(t("recurrence.from"), options, String(first), (value) => mark(Number(value), Math.max(Number(value), last))),
      select(t("recurrence.to"), options, String(last), (value) => mark(Math.min(first, Number(value)), Number(value))),
      slider(t("recurrence.threshold"), range, (value) => {
        Object.assign(state, { threshold: value, answer: undefined });
        say();
      }),
    );
  }

  function mark(first, last) {
    const focused = [...ends.querySelectorAll("select")].indexOf(/** @type {any} */ (document.activeElement));
    Object.assign(state, { words: [first, last], threshold: undefined, answer: undefined });
    controls();
    say();
    ends.querySelectorAll("select")[focused]?.focus();
  }

  function say() {
    const { units, threshold, words } = /** @type {any} */ (shared.marked());
    const names = units.slice(0, MOST_UNITS).map(({ unit, sign }) => (values.isGate ? unit : `${unit} (${sign < 0 ? "−" : "+"})`));
    found.textContent = t("recurrence.pattern", {
      words,
      count: units.length,
      all: values.units,
      threshold: sized(threshold),
      units: `${names.join(", ")}${units.length > MOST_UNITS ? " …" : ""}`,
    });
    ends.querySelector("input")?.setAttribute("aria-valuetext", sized(threshold));
    able(find, units.length);
    replace(results, state.answer && answer(state.answer));
  }

  async function search() {
    const { units, threshold, tokens } = /** @type {any} */ (shared.marked());
    able(find, false);
    replace(results, h("p", { class: "caption" }, t("recurrence.searching")));
    const asked = JSON.stringify(shared.marked());
    const got = await /** @type {any} */ (actions).ask({
      name: "pattern-search",
      quick: own().length === 0, // many texts of a visitor's take seconds
      recurrence: recurrence.name,
      direction,
      quantity: values.key,
      units: units.map(({ unit }) => unit),
      signs: units.map(({ sign }) => sign),
      threshold,
      start: tokens[0],
      steps: tokens[1] - tokens[0],
      texts: [...own(), ...galleryOf(context.catalogue, store.document.model.name)].slice(0, MOST_TEXTS),
    });
    if (asked !== JSON.stringify(shared.marked())) return; // another pattern is chosen by now
    state.answer = got && { ...got, wanted: units.length };
    say();
    if (got) context.announce(counted(state.answer));
    else replace(results, h("p", { class: "caption" }, t("recurrence.failed")));
  }

  const own = () =>
    (state.texts ?? "")
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);

  const counted = ({ matches, texts: count }) =>
    t(matches.length ? "recurrence.matches" : "recurrence.noMatches", { count: matches.length, texts: count });

  function answer(given) {
    return [
      h("h3", {}, counted(given)),
      given.matches.length > 0 &&
        h(
          "ol",
          {},
          given.matches.map((match) => h("li", {}, snippet(match), facts(match, given.wanted))),
        ),
    ];
  }

  function snippet({ text, span }) {
    const letters = Array.from(text); // spans count code points
    // From blank to blank, where there is one near.
    const before = letters.lastIndexOf(" ", span[0] - AROUND);
    const after = letters.indexOf(" ", span[1] + AROUND);
    const start = before > span[0] - AROUND - LONGEST_WORD ? before + 1 : Math.max(0, span[0] - AROUND);
    const end = after >= 0 && after < span[1] + AROUND + LONGEST_WORD ? after : Math.min(letters.length, span[1] + AROUND);
    return h(
      "p",
      { dir: "auto" },
      start > 0 && "… ",
      letters.slice(start, span[0]).join(""),
      h("mark", {}, letters.slice(...span).join("")),
      letters.slice(span[1], end).join(""),
      end < letters.length && " …",
    );
  }

  function facts({ text, units, others, score, own: here }, wanted) {
    return h(
      "p",
      { class: "caption" },
      t("recurrence.match", { common: units.length, wanted, others, score: sized(score) }),
      " ",
      here
        ? t("recurrence.here")
        : button(t("recurrence.analyse"), () => /** @type {any} */ (actions).analyseText(text), { class: "quiet" }),
    );
  }

  controls();
  say();
  return { element, point: () => {}, unit: say };
}

/** Return the texts of the gallery that are for a model or its family. */
function galleryOf({ models, gallery = [] }, name) {
  const family = membersOf(models, name).map((model) => model.name);
  return gallery.filter(({ model, text }) => text && family.includes(model)).map(({ text }) => text);
}
