/** Attention: who looks at whom in each layer and head, what the pooling draws on, and what that is worth. */

import * as maps from "../core/attention_maps.js";
import { LinesPicture, MatrixPicture, PhotoPicture, Thumbnails } from "../core/attention_pictures.js";
import { Wording, headName, layerName, sentenceLabel, titleOf } from "../core/attention_words.js";
import { worth } from "../core/attention_worth.js";
import { css, sequential } from "../core/colours.js";
import { button, h, replace } from "../core/dom.js";
import { modified, moveCursor, press, scale, segmented, select, showNumbers, slider, toggle } from "../core/parts.js";
import { sentencesOf, unitName } from "../core/units.js";

const { MEAN, POOLING } = maps;

export const wide = true;
/** Without attention layers there is the pooling, unless it takes all alike. @param {any} document */
export const fits = (document) => maps.layersOf(document).length > 0 || !maps.poolsAlike(document);

const MOST_LINES = 25; // words between which lines can be told apart
const MOST_WORDS = 60; // more are shown by sentence first
const THUMBNAIL = 48; // rows of a thumbnail
const PICTURES = ["map", "lines"];
const ALL_CELLS = "all cells, on average"; // as in ../../views/attention.py

/** @param {import("../explorer.js").Context} context @returns {import("../explorer.js").ShownView} */
export function create(context) {
  const { store, t, format, actions } = context;
  const { input } = store.document;
  const layers = maps.layersOf(store.document);
  const photo = input.layout === "grid";
  const sentences = photo ? [] : sentencesOf(store.document);
  const long = input.units.length > MOST_WORDS && sentences.length > 1;
  const short = !photo && input.units.length <= MOST_LINES && layers.length > 0;
  let scopeName = long ? "sentences" : "words"; // of this text alone: no choice for the next one
  let scope = maps.scopeOf(store.document, scopeName);
  let wording = new Wording(context, scope);
  let map = /** @type {import("../core/attention_maps.js").AttentionMap} */ (/** @type {unknown} */ (null));
  let waiting = false; // for the way through the recurrence
  let hovered = /** @type {[number | null, number | null]} */ ([null, null]); // query and key under the mouse
  let picture = /** @type {any} */ (null);
  let kind = "";
  let thumbs = /** @type {Thumbnails | null} */ (null);

  const above = h("div", { class: "attention-worth" });
  const modes = h("div");
  const thumbnails = h("div");
  const below = h("div", { class: "legend" });
  const heading = h("h3", { class: "attention-title" });
  const frame = h("div", { class: "graphic attention-picture", ...(photo ? {} : { tabindex: "0", role: "group", onkeydown: keydown }) });
  const reading = h("p", { class: "reading attention-reading" });
  const numbers = h("div");
  const floorText = h("span", { class: "attention-floor" });
  const range = { min: 0, max: 1, step: 0.02, value: Number(get("floor", "0")) };
  const floor = slider(t("attention.floor"), range, (value) => set({ floor: String(value) }));
  floor.querySelector("label").append(" ", floorText);
  const places = offerPlaces();
  const element = h(
    "div",
    { class: "attention" },
    above,
    h("div", { class: "choices" }, modes, floor, places),
    h(
      "div",
      { class: "attention-stage" },
      h("div", { class: "attention-side-panel" }, thumbnails, below),
      h("div", { class: "attention-main" }, heading, frame, reading, numbers),
    ),
  );

  function get(name, otherwise) {
    return store.choice("attention", name, otherwise);
  }

  function set(changes) {
    store.choose("attention", changes);
  }

  /** Return what is shown: the choices as far as this document has them. @returns {import("../core/attention_maps.js").Chosen} */
  function chosen() {
    const there = { rollout: layers.length > 0, through: hasRecurrence() && store.has("jacobian") };
    const shown = there[get("shown", "")] ? get("shown", "") : "weights";
    const layer = [...layers, POOLING].includes(get("place", "")) ? get("place", "") : layers[0] ?? POOLING;
    const heads = layer === POOLING || shown === "rollout" ? [MEAN] : maps.headsOf(store.document, layer);
    return { shown, layer, head: heads.includes(get("part", MEAN)) ? get("part", MEAN) : MEAN };
  }

  function hasRecurrence() {
    return (store.document.recurrence ?? []).length > 0;
  }

  const weakest = () => Number(get("floor", "0"));
  function overall() {
    return photo && get("from", "cursor") === "all";
  }
  const row = () => (store.cursor.unit === null ? -1 : scope.rowOf(store.cursor.unit));
  /** Return the row that looks, null for the mean over all; of a photo alone. */
  const query = (rows) => (rows === 1 || overall() ? null : store.cursor.unit);

  async function show(shown) {
    if (shown === "through" && !store.has("jacobian")) {
      waiting = true;
      pressAll();
      const came = await actions.extend({ section: "jacobian" });
      waiting = false;
      if (!came || store.document.input !== input) return draw();
    }
    set({ shown, ...(shown === "rollout" && chosen().layer !== POOLING ? { place: layers.at(-1) } : {}) });
  }

  /** Offer what there is to be shown; buttons stay where they are, and the focus with them. */
  function pressAll() {
    const through = hasRecurrence() && (actions || store.has("jacobian"));
    const offered = ["weights", ...(layers.length ? ["rollout"] : []), ...(through ? ["through"] : [])];
    if (modes.dataset.offered !== offered.join()) {
      modes.dataset.offered = offered.join();
      replace(modes, offered.length > 1 ? segmented(t("attention.shown"), named(offered, "attention"), "", show) : null);
    }
    press(modes, waiting ? "through" : chosen().shown);
    if (short) press(places, get("picture", "map"));
    frame.setAttribute("aria-busy", String(waiting));
    if (waiting) reading.textContent = t("panel.awaited");
  }

  function named(values, prefix) {
    return values.map((value) => ({ value, text: t(`${prefix}.${value}`) }));
  }

  function offerPlaces() {
    const all = (on) => set({ from: on ? "all" : "cursor" });
    const each = long ? sentences.map((_, index) => ({ value: String(index), text: sentenceLabel(store.document, index, 40) })) : [];
    return h(
      "div",
      { class: "attention-places" },
      short ? segmented(t("attention.picture"), named(PICTURES, "attention"), "", (value) => set({ picture: value })) : null,
      photo && layers.length ? toggle(t("attention.all"), overall(), all) : null,
      long ? select(t("attention.scope"), [...named(["sentences", "words"], "attention.scope"), ...each], scopeName, zoom) : null,
      long ? button(t("attention.back"), () => zoom("sentences"), { class: "quiet" }) : null,
    );
  }

  function zoom(name) {
    const back = places.querySelector("button");
    const left = document.activeElement === back && name === "sentences";
    scopeName = places.querySelector("select").value = name;
    scope = maps.scopeOf(store.document, name);
    wording = new Wording(context, scope);
    draw();
    if (left) frame.focus(); // the button that was pressed is gone
  }

  function buildThumbnails() {
    const { shown } = chosen();
    const rolled = shown === "rollout";
    const cell = (layer, head) => ({
      value: JSON.stringify([layer, head]),
      name: layer === POOLING || rolled ? layerName(layer, t) : `${layerName(layer, t)}, ${headName(head, t)}`,
      map: () => small({ ...chosen(), layer, head }),
    });
    const headsOf = (layer) => (rolled ? [MEAN] : maps.headsOf(store.document, layer));
    const rows = layers.map((layer) => {
      const name = layerName(layer, t);
      return { name: rolled ? t("attention.upTo", { layer: name }) : name, cells: headsOf(layer).map((head) => cell(layer, head)) };
    });
    thumbs = new Thumbnails({
      label: t("attention.choose"),
      heads: rolled ? [] : headsOf(layers[0]).map((head) => (head === MEAN ? t("attention.meanShort") : head)),
      layers: [...rows, { name: layerName(POOLING, t), cells: [cell(POOLING, MEAN)] }],
      choose: (value) => {
        const [place, part] = JSON.parse(value);
        set({ place, part });
      },
    });
    thumbnails.dataset.shown = shown;
    replace(thumbnails, thumbs.element);
  }

  /** Return the map of a thumbnail: of a photo, the cells that the chosen query looks at. */
  function small(choice) {
    const whole = maps.attentionMap(store.document, choice, maps.coarse(scope, photo ? Infinity : THUMBNAIL));
    if (!photo) return whole;
    const data = maps.keysOf(whole, query(whole.rows));
    return { rows: input.grid[0], columns: input.grid[1], data, top: Math.max(...data) };
  }

  function draw() {
    const choice = chosen();
    store.choices.attention = { ...store.choices.attention, ...namesInPython(choice) };
    map = maps.attentionMap(store.document, choice, scope);
    build();
    if (layers.length && thumbnails.dataset.shown !== choice.shown) buildThumbnails();
    thumbs?.select(JSON.stringify([choice.layer, choice.head]));
    if (!photo) {
      thumbs?.draw(weakest());
      picture.draw(map, weakest() * map.top);
      legend(map.top);
    }
    if (long) places.querySelector("button").style.visibility = scopeName === "sentences" ? "hidden" : "";
    judge();
    showNumbers(numbers, t("numbers"), () => wording.exact(map, heading.textContent));
    if (!photo) frame.setAttribute("aria-label", `${heading.textContent}. ${wording.average(map)}`);
    point();
    pressAll();
  }

  /** Say what this attention is worth; a map that nothing hangs on says so and is dimmed. */
  function judge() {
    const choice = chosen();
    const idle = maps.replaced(store.document, choice.layer)?.idle ?? false;
    const part = Number(scopeName) >= 0 ? `, ${t("attention.within", { number: Number(scopeName) + 1 })}` : "";
    replace(above, worth(store.document, choice.layer, store.stale.has("interventions"), context));
    replace(heading, titleOf(choice, t) + part, idle ? h("span", { class: "attention-idle" }, ` — ${t("attention.nothing")}`) : "");
    element.classList.toggle("idle", idle);
  }

  /** Build the picture, where another kind is wanted. */
  function build() {
    const single = map.rows === 1;
    const form = photo ? "photo" : short && get("picture", "map") === "lines" ? "lines" : "map";
    const wanted = photo ? form : `${form} ${scopeName} ${single}`;
    if (wanted === kind) return;
    kind = wanted;
    hovered = [null, null];
    const hands = { hover, pick };
    if (photo) picture = new PhotoPicture(context, t("view.attention.title"), hands);
    else {
      const labels = wording.labels();
      const rowNames = single ? [t("attention.pooling")] : labels;
      const columnNames = wording.bySentence ? labels.map((_, index) => String(index + 1)) : labels;
      const options = { rowNames, columnNames, corner: t("attention.axes"), numbered: wording.bySentence, hands };
      picture = form === "lines" ? new LinesPicture(options) : new MatrixPicture(options);
    }
    replace(frame, picture.element);
  }

  function legend(top) {
    floorText.textContent = format.percent(weakest() * top);
    floor.querySelector("input").setAttribute("aria-valuetext", floorText.textContent);
    const hint = wording.bySentence ? "Sentences" : map.rows === 1 ? "Pooling" : photo ? "Photo" : "";
    const inside = map.data.reduce((sum, weight) => sum + weight, 0) / map.rows;
    const stays = Number(scopeName) >= 0 ? ` ${t("attention.stays", { share: format.wholePercent(inside) })}` : "";
    replace(below, scale("0%", format.percent(top), (share) => css(sequential(share))), h("span", {}, t(`attention.hint${hint}`) + stays));
  }

  /** Follow the cursor: over words by marks alone; over a photo the cursor's cell is the one that looks. */
  function point() {
    const at = row();
    if (photo) {
      keepViewpoint();
      const keys = maps.keysOf(map, query(map.rows));
      const top = Math.max(...keys);
      const name = (cell) => t("attention.partShare", { name: unitName(store.document, cell, t), share: format.percent(keys[cell]) });
      picture.draw(keys, top, weakest() * top, name);
      thumbs?.draw(weakest());
      legend(top);
    }
    picture.mark(map.rows === 1 ? -1 : at, at);
    read();
  }

  function read() {
    const pair = photo && overall() ? [null, null] : hovered;
    const gets = overall() && map.rows > 1 && row() >= 0;
    const share = gets ? format.percent(maps.keysOf(map, null)[row()]) : "";
    const more = gets ? ` ${t("attention.gets", { word: wording.name(row()), share })}` : "";
    const error = chosen().shown === "through" ? (store.document.jacobian.relative_error ?? null) : null;
    const estimated = error === null ? "" : ` ${t("attention.error", { error: format.wholePercent(error) })}`;
    reading.textContent = wording.reading(map, row(), /** @type {any} */ (pair)) + more + estimated;
  }

  /** Return the unit that is meant: of a map its query, of the pooling its key. */
  function unitAt(from, to) {
    const at = map.rows === 1 && !photo ? to : from ?? to;
    return at === null ? null : scope.units[at];
  }

  function hover(from, to) {
    const { pinned, unit } = store.cursor;
    hovered = photo ? [pinned ? unit : null, from] : [from, to];
    if (!wording.bySentence) store.point(unitAt(from, to));
    read();
  }

  function pick(from, to) {
    const unit = unitAt(from, to);
    if (unit === null) return;
    if (wording.bySentence) zoom(String(scope.rowOf(unit)));
    else store.pin(unit);
  }

  function keydown(event) {
    if (!(wording.bySentence ? moveBySentence(event) : moveCursor(event, store, { count: input.units.length }))) return;
    event.preventDefault();
    context.announce(reading.textContent ?? "");
  }

  /** Move the cursor from sentence to sentence; Enter opens one. */
  function moveBySentence(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (modified(event) || !(step || event.key === "Enter")) return false;
    const to = step ? Math.max(0, row() + step) : row();
    if (step && to < sentences.length) store.move(sentences[to].start);
    if (!step && to >= 0) zoom(String(to));
    return true;
  }

  /** Let a saved figure look from the cursor's cell. */
  function keepViewpoint() {
    const { unit } = store.cursor;
    store.choices.attention = { ...store.choices.attention, viewpoint: unit === null || overall() ? ALL_CELLS : input.units[unit].name };
  }

  draw();
  return {
    element,
    update(changed) {
      if (["attention", "recurrence", "jacobian", "choices of attention", "theme"].some((name) => changed.has(name))) draw();
      else if (changed.has("interventions") || changed.has("stale")) judge();
      else if (changed.has("cursor")) point();
    },
  };
}

/** Return the choices of ../../views/attention.py, whose figure is saved. @param {import("../core/attention_maps.js").Chosen} chosen */
function namesInPython({ shown, layer, head }) {
  const rolled = layer === POOLING ? "pooled rollout" : "rollout";
  return { layer: shown === "rollout" ? rolled : layer, head, through: shown === "through" ? "on" : "off" };
}
