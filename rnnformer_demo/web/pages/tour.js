/** A tour in three steps: the input, the words or parts that count, and how far to trust them. It never locks anybody in. */

import { button, h, replace, uniqueId } from "../core/dom.js";
import { keep, stored } from "../core/storage.js";

const TAKEN = "rnnformer-tour";
const STEPS = { sequence: ["input", "words", "trust"], grid: ["input", "attribution", "trust"] };
const GAP = 12; // pixels beside what a step is about

export class Tour {
  /** @param {import("../app.js").App} app @param {import("./workbench.js").Workbench} workbench */
  constructor(app, workbench) {
    this.app = app;
    this.workbench = workbench;
    this.steps = STEPS[workbench.layout];
    this.step = -1;
    const id = uniqueId("tour");
    this.title = h("h2", { id, tabindex: "-1" });
    this.body = h("div");
    this.card = h("div", { class: "tour", role: "dialog", "aria-labelledby": id }, this.title, this.body);
    this.place = () => requestAnimationFrame(() => this.#place());
    this.escape = (event) => event.key === "Escape" && !event.defaultPrevented && this.end();
  }

  /** Return the button that starts it. */
  button() {
    return button(this.app.t("tour.start"), (event) => this.start(event.currentTarget), { class: "quiet" });
  }

  /** Begin, where this browser has not seen it; the focus stays where it is. */
  invite() {
    if (!stored(TAKEN)) this.start(null);
  }

  /** Begin. @param {HTMLElement | null} opener gets the focus back; null: the focus does not move */
  start(opener) {
    this.end();
    this.opener = opener;
    this.workbench.element.append(this.card);
    addEventListener("scroll", this.place, { passive: true });
    addEventListener("resize", this.place);
    document.addEventListener("keydown", this.escape);
    this.#go(0, opener !== null);
  }

  /** End it, now or at its last step. */
  end() {
    if (this.step < 0) return;
    this.step = -1;
    const focused = this.card.contains(document.activeElement);
    this.anchor?.classList.remove("toured");
    this.card.remove();
    removeEventListener("scroll", this.place);
    removeEventListener("resize", this.place);
    document.removeEventListener("keydown", this.escape);
    keep(TAKEN, "taken");
    // The page's head may have been built anew since.
    const back = this.opener?.isConnected ? this.opener : this.workbench.input.element.querySelector("textarea, button");
    if (focused) /** @type {any} */ (back)?.focus({ preventScroll: true });
  }

  /** Write it in the language of today. */
  translate() {
    if (this.step >= 0) this.#go(this.step, false);
  }

  #go(step, focus = true) {
    const { t } = this.app;
    const name = this.steps[step];
    const last = step === this.steps.length - 1;
    const panel = this.workbench.explorer.panels.get(name)?.element;
    this.anchor?.classList.remove("toured");
    this.anchor = name === "input" ? this.workbench.input.element : panel && !panel.hidden ? panel : this.workbench.results;
    this.anchor.classList.add("toured");
    this.step = step;
    this.title.textContent = t(`tour.${name}.title`);
    replace(
      this.body,
      h("p", {}, t(`tour.${name}.text`)),
      h("div", { class: "tour-buttons" },
        h("span", { class: "caption" }, t("tour.step", { step: step + 1, steps: this.steps.length })),
        last ? null : button(t("tour.skip"), () => this.end()),
        step ? button(t("tour.back"), () => this.#go(step - 1)) : null,
        button(t(last ? "tour.end" : "tour.next"), () => (last ? this.end() : this.#go(step + 1)), { class: "primary" })),
    );
    if (step || focus) this.anchor.scrollIntoView({ block: "start", behavior: "auto" });
    if (focus) this.title.focus({ preventScroll: true });
    this.#place();
  }

  /** Put the card beside what it is about, or, where there is no room, at the lower edge of the window. */
  #place() {
    const about = this.anchor.getBoundingClientRect();
    const { width, height } = this.card.getBoundingClientRect();
    const [right, left] = [about.right + GAP, about.left - GAP - width];
    const beside = right + width <= innerWidth ? right : left >= 0 ? left : null;
    const top = beside === null ? innerHeight - height - GAP : Math.min(Math.max(about.top, GAP), innerHeight - height - GAP);
    this.card.style.left = `${beside ?? (innerWidth - width) / 2}px`;
    this.card.style.top = `${Math.max(top, GAP)}px`;
  }
}
