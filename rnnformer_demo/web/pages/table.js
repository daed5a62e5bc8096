/** The page of tables: a file of texts goes to the server piece by piece, and comes back scored. */

import { PAGE_OF } from "../address.js";
import { able, button, h, replace, save, uniqueId } from "../core/dom.js";
import { messageOf } from "../core/i18n.js";
import { select, table } from "../core/parts.js";

const SHOWN = 20; // rejected rows
const BYTE_ORDER_MARK = "\ufeff"; // without it Excel takes UTF-8 for the system's own encoding

/** @typedef {{place: number, reason: string}} Rejected */

export class Page {
  /** @param {import("../app.js").App} app */
  constructor(app) {
    this.app = app;
    this.element = h("div", { class: "table-page", hidden: true });
    this.models = app.catalogue.models.filter(({ layout, baseline_of }) => PAGE_OF[layout] === "text" && !baseline_of);
    this.model = this.models[0]?.name ?? "";
    this.file = /** @type {File | null} */ (null);
    this.csv = /** @type {string[]} */ ([]);
    this.rejected = /** @type {Rejected[]} */ ([]);
    this.rows = { done: 0, total: 0 };
    this.error = "";
    this.finished = false;
  }

  translate() {
    const { t, say } = this.app;
    const id = uniqueId("table");
    const options = this.models.map(({ name, task }) => ({ value: name, text: task ? say(task) : name }));
    const choose = (event) => this.#take(event.target.files[0] ?? null);
    this.input = h("input", { type: "file", id, accept: ".csv,.tsv,.jsonl", onchange: choose });
    this.start = button(t("table.score"), () => this.#score(), { class: "primary" });
    this.stop = button(t("stop"), () => this.work?.abort());
    this.bar = h("progress", { "aria-label": t("table.score"), max: 1, value: 0 });
    this.status = h("p", { class: "status" });
    this.failure = h("p", { class: "error", role: "alert" });
    this.result = h("div", { class: "table-result" });
    replace(
      this.element,
      h("h2", {}, t("page.table")),
      h("p", { class: "models-about" }, t("table.about")),
      h(
        "div",
        { class: "panel table-card" },
        select(t("model.task"), options, this.model, (name) => (this.model = name)),
        h("div", { class: "choice" }, h("label", { for: id }, t("table.file")), this.input, h("p", { class: "caption" }, this.file?.name ?? "")),
        h("div", { class: "table-buttons" }, this.start, this.stop),
        this.bar,
        this.status,
        this.failure,
        this.result,
      ),
    );
    this.#show();
  }

  async open() {}

  /** @param {File | null} file */
  #take(file) {
    this.work?.abort();
    this.#reset();
    this.file = file;
    this.#show();
  }

  #reset() {
    Object.assign(this, { csv: [], rejected: [], rows: { done: 0, total: 0 }, error: "", finished: false });
  }

  async #score() {
    const { engine } = this.app;
    this.#reset();
    if (!this.file) {
      this.error = "Choose a table first.";
      return this.#show();
    }
    const work = (this.work = new AbortController());
    this.#show();
    this.start.focus(); // which stays where it is
    try {
      const request = { model: this.model, name: this.file.name, data: await inBase64(this.file) };
      await engine.scoreTable(request, { sections: (piece) => this.work === work && this.#add(piece), signal: work.signal });
      this.finished = true;
    } catch (error) {
      if (this.work === work && !work.signal.aborted) this.error = messageOf(error);
    }
    if (this.work !== work) return; // meanwhile another file was chosen
    this.work = undefined;
    this.#show();
    if (!this.error) this.app.announce(this.status.textContent);
  }

  /** @param {{csv: string, rejected: Rejected[], done: number, total: number}} piece */
  #add({ csv, rejected, done, total }) {
    this.csv.push(csv);
    this.rejected.push(...rejected);
    this.rows = { done, total };
    this.#show();
  }

  #show() {
    const { t, say, format } = this.app;
    const { done, total } = this.rows;
    able(this.start, !this.work);
    able(this.stop, this.work);
    this.bar.hidden = !this.work && !total;
    this.bar.value = total ? done / total : 0;
    this.failure.textContent = this.error && say(this.error);
    const counts = { scored: format.count(done - this.rejected.length), rejected: format.count(this.rejected.length) };
    const going = total ? t("table.progress", { done: format.count(done), total: format.count(total) }) : "";
    this.status.textContent = this.finished ? t("table.done", counts) : going;
    replace(this.result, this.finished ? [this.#download(), this.#rejections()] : null);
  }

  #download() {
    const { t } = this.app;
    const name = `${stem(this.file)}.scored.csv`;
    return button(t("table.download"), () => save(name, "text/csv", BYTE_ORDER_MARK, ...this.csv), { class: "primary" });
  }

  #rejections() {
    const { t, say } = this.app;
    if (!this.rejected.length) return null;
    const rows = this.rejected.map(({ place, reason }) => [place, say(reason)]);
    const lines = [[t("table.line"), t("table.reason")], ...rows].map((cells) => cells.map(quoted).join(","));
    const name = `${stem(this.file)}.rejected.csv`;
    return [
      button(t("table.downloadRejected"), () => save(name, "text/csv", BYTE_ORDER_MARK, lines.join("\n"))),
      table(t("table.rejected"), [t("table.line"), t("table.reason")], rows.slice(0, SHOWN)),
      rows.length > SHOWN ? h("p", { class: "caption" }, "…") : null,
    ];
  }
}

const stem = (file) => (file?.name ?? "table").replace(/\.[^.]*$/, "");
const quoted = (cell) => `"${String(cell).replaceAll('"', '""')}"`;

/** @param {File} file @returns {Promise<string>} */
function inBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^[^,]*,/, ""));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
