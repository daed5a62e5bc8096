/** The gallery: examples to begin with, each with its story; mistakes are shown on purpose and called so. */

import { familyOf } from "../core/catalogue.js";
import { h } from "../core/dom.js";

/**
 * @typedef {{id?: string, model: string, text?: string, photo?: string, fails?: boolean}} Entry see ../../ui/gallery.py; without
 *   an id it is a plain example from a model's card
 */

export class Gallery {
  /**
   * @param {import("../app.js").App} app @param {Record<string, any>[]} models of the page
   * @param {(entry: Entry) => void} choose
   */
  constructor(app, models, choose) {
    this.app = app;
    this.models = models;
    this.choose = choose;
    this.shown = /** @type {Map<Entry, HTMLElement>} */ (new Map());
    const told = (app.catalogue.gallery ?? []).filter(({ model }) => models.some(({ name }) => name === model));
    const plain = (model) => model.examples.map((text) => ({ model: model.name, text }));
    this.groups = models
      .filter(({ baseline_of }) => !baseline_of)
      .map((model) => ({ model, entries: /** @type {Entry[]} */ (told.filter((entry) => entry.model === model.name)) }))
      .map(({ model, entries }) => ({ model, entries: entries.length ? entries : plain(model) }))
      .filter(({ entries }) => entries.length);
  }

  /** Return all examples. */
  get entries() {
    return this.groups.flatMap(({ entries }) => entries);
  }

  /** Return the first example of a model, or of its hybrid. @param {Record<string, any>} model */
  firstOf(model) {
    return this.groups.find((group) => group.model.name === familyOf(model))?.entries[0] ?? null;
  }

  /** Return the list, the chosen model's group first; null where there is nothing to list. @param {Record<string, any>} chosen */
  element(chosen) {
    const { t, say } = this.app;
    const groups = [...this.groups].sort((a, b) => Number(b.model.name === familyOf(chosen)) - Number(a.model.name === familyOf(chosen)));
    this.shown.clear();
    if (!groups.length) return null;
    return h(
      "section",
      { class: "gallery", "aria-label": t("examples") },
      h("h2", {}, t("examples")),
      h("div", { class: "gallery-groups" }, groups.map(({ model, entries }) => [
        groups.length > 1 ? h("h3", {}, model.task ? say(model.task) : model.name) : null,
        h("ul", {}, entries.map((entry) => this.#item(entry))),
      ])),
    );
  }

  #item(entry) {
    const { app } = this;
    const { id, text, photo } = entry;
    const button = h(
      "button",
      { type: "button", dataset: { example: id ?? "" }, onclick: () => this.choose(entry) },
      photo ? h("img", { src: app.engine.exampleUrl(photo), alt: "", loading: "lazy", width: 72, height: 72 }) : null,
      h("span", {}, this.title(entry), text ? h("span", { class: "example-text", dir: "auto" }, text) : null),
    );
    this.shown.set(entry, button);
    return h("li", {}, button, id ? h("p", { class: "caption" }, app.t(`gallery.${id}.story`)) : null);
  }

  /** Return the heading of an example: its title, and that the model fails. @param {Entry} entry */
  title({ id, fails }) {
    const { t } = this.app;
    return id ? [h("strong", {}, t(`gallery.${id}.title`)), fails ? h("span", { class: "fails" }, t("gallery.fails")) : null] : null;
  }

  /** Mark the example that is in the input. @param {Entry | null} current */
  mark(current) {
    for (const [entry, button] of this.shown) {
      if (entry === current) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }
}
