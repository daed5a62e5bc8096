/** What a visitor takes away: figures, the document, a report, scores, a link, code, a citation. */

import * as address from "./address.js";
import { citation } from "./citations.js";
import { able, button, h, save } from "./core/dom.js";
import { command, fileName, pythonCode, scoresCsv } from "./formats.js";

const READABLE = 4000; // milliseconds that a short message stays

/** @typedef {{t: import("./core/i18n.js").Translate, announce: (sentence: string) => void}} Speaker */

/** Save a view as a file, or copy its link. @param {any} workbench @param {string} view @param {string} kind */
export async function saveView(workbench, view, kind) {
  const { app, store } = workbench;
  if (kind === "link") {
    const link = linkTo(view);
    if (await copy(link)) tell(app, app.t("files.copied"));
    else open(app, app.t("files.link"), (speaker) => copyable(app.t("take.address"), link, speaker)).querySelector("button.copy").click();
    return;
  }
  tell(app, app.t("take.making"));
  try {
    const request = { document: store.document, kind, view, choices: store.choices[view] };
    tell(app, app.t("take.saved", { name: await exported(app.engine, request) }));
  } catch (error) {
    tell(app, app.say(error.message));
  }
}

/** The button on the page that opens all there is to take away. */
export class TakeAway {
  /** @param {any} workbench */
  constructor(workbench) {
    this.workbench = workbench;
    this.element = button("", () => this.#open(), { class: "takeaway-open", hidden: true, "aria-haspopup": "dialog" });
    workbench.store.subscribe((changed) => changed.has("document") && (this.element.hidden = !workbench.store.document));
  }

  translate() {
    this.element.textContent = this.workbench.app.t("take.title");
  }

  #open() {
    const { app, store } = this.workbench;
    const { document } = store;
    const { text, example } = address.read();
    const report = app.engine.exported && (() => exported(app.engine, { document, kind: "html" }));
    const link = app.linkable ? (text || example ? linkTo() : null) : undefined;
    open(app, app.t("take.title"), (speaker) => takeAway(document, { ...speaker, say: app.say, report, link }));
  }
}

/**
 * Return what can be taken away of a document.
 * @param {any} document
 * @param {object} options
 * @param {import("./core/i18n.js").Translate} options.t
 * @param {(sentence: string) => void} options.announce
 * @param {(sentence: string) => string} options.say
 * @param {string | null} [options.link] address that repeats the analysis; null where none can, undefined where addresses are not to be given to others
 * @param {() => Promise<string>} [options.report] saves the report and returns its name
 */
export function takeAway(document, { t, announce, say, link, report }) {
  const speaker = { t, announce };
  const state = h("p", { class: "caption takeaway-state" });
  const tellState = (sentence) => announce((state.textContent = sentence));
  const local = (content, kind, mime, make) => () => {
    const name = fileName(document, content, kind);
    save(name, mime, make(document));
    tellState(t("take.saved", { name }));
  };
  const remote = async ({ currentTarget }) => {
    tellState(t("take.making"));
    able(currentTarget, false);
    try {
      tellState(t("take.saved", { name: await /** @type {any} */ (report)() }));
    } catch (error) {
      tellState(say(error.message));
    }
    able(currentTarget, true);
  };
  const file = (kind, work) => button(t(`take.${kind}`), work);
  const titled = (name, help, ...children) => h("section", {}, h("h3", {}, t(`take.${name}`)), h("p", { class: "caption" }, help), children);
  const section = (name, ...children) => titled(name, t(`take.${name}.help`), ...children);
  return h(
    "div",
    { class: "takeaway" },
    link === null ? titled("link", t(`take.noLink.${document.input.layout}`)) : link && section("link", copyable(t("take.address"), link, speaker)),
    section(
      "files",
      h(
        "div",
        { class: "choices" },
        report ? file("html", remote) : null,
        file("json", local("", "json", "application/json", JSON.stringify)),
        document.attribution ? file("csv", local("scores", "csv", "text/csv", scoresCsv)) : null,
      ),
      state,
    ),
    section("repeat", copyable(t("take.python"), pythonCode(document), speaker), copyable(t("take.command"), command(document), speaker)),
    section("cite", copyable(t("take.bibtex"), citation(document, link === undefined ? null : location.origin + location.pathname), speaker)),
  );
}

/** Return a text with a button that copies it. @param {string} title @param {string} text @param {Speaker} speaker */
function copyable(title, text, { t, announce }) {
  const shown = h("pre", { tabindex: "0", role: "region", "aria-label": title }, text);
  const copier = button(t("take.copy"), act, { class: "copy", "aria-label": t("take.copyOf", { what: title }) });
  const note = h("p", { class: "caption" });
  async function act() {
    if (await copy(text)) {
      copier.textContent = t("take.copied");
      setTimeout(() => (copier.textContent = t("take.copy")), READABLE);
      announce(t("take.copied"));
    } else {
      shown.focus();
      getSelection()?.selectAllChildren(shown);
      note.textContent = t("take.selected");
      announce(t("take.selected"));
    }
  }
  return h("div", { class: "copyable" }, h("header", {}, h("h4", {}, title), copier), note, shown);
}

/** Open a dialog; Escape, its button, or a click beside it close it. @param {any} app @param {string} title @param {(speaker: Speaker) => Node} build */
function open(app, title, build) {
  // What lies behind an open dialog, such as the page's announcer, is silent.
  const status = h("p", { class: "unseen", role: "status" });
  const content = build({ t: app.t, announce: (sentence) => (status.textContent = sentence) });
  const close = button(app.t("take.close"), () => dialog.close());
  const dialog = h("dialog", { class: "takeaway-dialog", "aria-label": title, onclose: () => dialog.remove() }, h("div", {}, h("header", {}, h("h2", {}, title), close), content, status));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  app.root.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Return the address of the page as it is, or of one of its views. @param {string} [view] */
function linkTo(view) {
  return new URL(address.href({ ...address.read(), view }), location.href).href;
}

/** Show a short message, and tell it to a screen reader. @param {any} app @param {string} sentence */
function tell(app, sentence) {
  app.announce(sentence);
  app.root.querySelector(":scope > .toast")?.remove();
  const toast = h("p", { class: "toast", "aria-hidden": "true" }, sentence);
  app.root.append(toast);
  setTimeout(() => toast.remove(), READABLE);
}

/** Save a file that the engine makes; return its name. @param {any} engine @param {Record<string, any>} request */
async function exported(engine, request) {
  const { name, mime, data } = await engine.exported(request);
  save(name, mime, Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)));
  return name;
}

/** Copy a text; false where the browser forbids it. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // not over a secure connection, or not allowed
  }
}

