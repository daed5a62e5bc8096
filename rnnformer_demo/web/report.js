/** The report: the explorer on a document that stands in the page, without an engine. */

import { h, replace } from "./core/dom.js";
import { firstLanguage, formatter, messageTranslator, translator } from "./core/i18n.js";
import { languageSwitch } from "./core/parts.js";
import { Store } from "./core/store.js";
import { Explorer } from "./explorer.js";
import en from "./locales/en.js";
import zh from "./locales/zh.js";
import { takeAway } from "./takeaway.js";

const LOCALES = { en, zh };
const LANGUAGES = { en: en.name, zh: zh.name };

/**
 * Show a document.
 * @param {object} options
 * @param {HTMLElement} options.element whose content the report replaces
 * @param {any} options.analysis the document
 * @param {import("./explorer.js").ViewEntry[]} options.views
 * @param {(path: string) => Promise<any>} options.load a module
 */
export async function start({ element, analysis, views, load }) {
  const store = new Store(analysis);
  const languages = {};
  for (const [code, locale] of Object.entries(LOCALES)) {
    languages[code] = { t: translator(locale), say: messageTranslator(locale), format: formatter(code), language: code };
  }
  const announcer = h("p", { class: "unseen", role: "status" });
  const announce = (sentence) => (announcer.textContent = sentence);
  let spoken = languages[firstLanguage(LOCALES, null)];
  const context = () => ({ ...spoken, catalogue: { models: [], methods: [] }, actions: null, announce });
  const explorer = new Explorer({ store, views, load: (name) => load(`views/${name}.js`), context });
  const header = h("header", { class: "masthead" });
  const end = h("footer", {});
  const pictures = document.querySelector("#pictures > summary");
  const write = () => {
    document.documentElement.lang = spoken.language === "zh" ? "zh-Hans" : spoken.language;
    if (pictures) pictures.textContent = spoken.t("report.pictures");
    const choose = (code) => {
      spoken = languages[code];
      write();
      explorer.translate();
      /** @type {any} */ (header.querySelector(`button[lang="${code}"]`)).focus();
    };
    replace(header, heading(analysis, spoken), languageSwitch(LANGUAGES, spoken, choose));
    replace(end, footer(analysis, { ...spoken, announce }));
  };
  write();
  await explorer.ready;
  replace(element, header, explorer.element, end, announcer);
  followTheme(() => store.notify("theme"));
}

function heading(analysis, { t, format }) {
  const { model, prediction, input, attribution } = analysis;
  const values = { model: model.name, label: prediction.label, share: format.percent(prediction.confidence) };
  return h(
    "div",
    { class: "masthead-title" },
    h("h1", {}, t("report.heading", values)),
    h("p", {}, t("report.about")),
    // With scores, the views show the input.
    attribution ? null : input.image ? h("img", { src: `data:image/png;base64,${input.image}`, alt: t("report.input") }) : input.text && h("blockquote", { dir: "auto" }, input.text),
  );
}

function footer(analysis, context) {
  const { t } = context;
  const { model, provenance, schema } = analysis;
  return [
    h("section", { class: "panel wide", "aria-labelledby": "takeaway" }, h("h2", { id: "takeaway" }, t("take.title")), takeAway(analysis, context)),
    h("p", { class: "caption provenance" }, t("report.provenance", { model: model.name, sha256: model.sha256, seed: provenance.seed, version: provenance.version, schema })),
  ];
}

/** Be dark where the system is, now and after each change. @param {() => void} changed */
function followTheme(changed) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => {
    document.documentElement.classList.toggle("dark", dark.matches);
    changed();
  });
}
