/** The photo of the input card: chosen, dropped, pasted, taken by the camera, or one of the gallery. */

import { button, h, replace } from "../core/dom.js";
import { messageOf } from "../core/i18n.js";

const KINDS = "image/*,.heic,.heif"; // not every browser counts the latter among images
const MOST = 20 * 2 ** 20; // bytes, as the server allows

export class PhotoInput {
  /**
   * @param {import("../app.js").App} app
   * @param {{chosen: (source: any) => void, fail: (sentence: string) => void}} options `chosen` gets what the engine takes
   */
  constructor(app, { chosen, fail }) {
    this.app = app;
    this.chosen = chosen;
    this.fail = fail;
    /** The photo at its own resolution; null where there is none, or the browser cannot draw it. */
    this.image = /** @type {HTMLImageElement | null} */ (null);
    this.shown = /** @type {HTMLImageElement | null} */ (null); // in the preview: the square that was read, after a reload
    this.name = "";
    this.element = h("div", { class: "photo-input" });
    this.stage = h("div", { class: "photo-stage" });
    this.about = h("p", { class: "caption" });
    this.#listen();
  }

  get visible() {
    return this.element.offsetParent !== null;
  }

  /** Write everything in the language of today. */
  translate() {
    const { t } = this.app;
    const onchange = ({ target }) => {
      this.take(target.files[0]);
      target.value = ""; // the same file again is a change, too
    };
    const label = t("input.photo");
    const file = (attributes = {}) => h("input", { type: "file", accept: KINDS, hidden: true, "aria-label": label, ...attributes, onchange });
    const [chooser, camera] = [file(), file({ capture: "environment" })];
    const handheld = matchMedia("(pointer: coarse)").matches;
    const filmed = handheld ? () => camera.click() : navigator.mediaDevices?.getUserMedia ? () => this.#film() : null;
    this.stage.setAttribute("aria-label", t("input.photo"));
    this.stage.setAttribute("role", "group");
    replace(
      this.element,
      h("p", { class: "label" }, t("input.photo")),
      this.stage,
      this.about,
      chooser,
      handheld ? camera : null,
      h(
        "div",
        { class: "photo-ways" },
        button(t("photo.choose"), () => chooser.click()),
        filmed ? button(t("photo.camera"), filmed) : null,
        navigator.clipboard?.read ? button(t("photo.paste"), () => this.#paste()) : null,
      ),
    );
    this.#preview();
  }

  #preview() {
    const { t } = this.app;
    const { shown, image } = this;
    if (shown) shown.alt = t("photo.preview", { name: this.name });
    replace(this.stage, shown ?? h("p", { class: "caption" }, t(this.name ? "photo.undrawn" : "photo.drop")));
    const { naturalWidth: width = 0, naturalHeight: height = 0 } = image ?? {};
    this.about.textContent = image ? t("photo.pixels", { name: this.name, width, height }) : this.name;
  }

  /** Read and send a file that a visitor gave. @param {File | null | undefined} file */
  async take(file) {
    if (!file) return;
    const { t, say, engine } = this.app;
    if (file.type && !file.type.startsWith("image/")) return this.fail(t("photo.noImage", { name: file.name }));
    if (!file.size) return this.fail(t("photo.empty", { name: file.name }));
    if (file.size > MOST) return this.fail(say("The photo is too large: at most 20 MB can be sent."));
    const turn = (this.turn = {});
    this.element.setAttribute("aria-busy", "true");
    try {
      const [image, source] = await Promise.all([drawn(URL.createObjectURL(file)), engine.upload(file)]);
      if (this.turn !== turn) return;
      this.show(image, file.name);
      this.chosen(source);
    } catch (error) {
      if (this.turn === turn) this.fail(say(messageOf(error)));
    } finally {
      if (this.turn === turn) this.element.removeAttribute("aria-busy");
    }
  }

  /** Show a photo. @param {HTMLImageElement | null} image @param {string} name @param {boolean} [whole] false: the square alone */
  show(image, name, whole = true) {
    if (this.shown?.src.startsWith("blob:")) URL.revokeObjectURL(this.shown.src);
    this.shown = image;
    this.image = whole ? image : null;
    this.name = name;
    this.#preview();
  }

  /** Show a photo of the gallery. @param {string} name */
  async showExample(name) {
    const turn = (this.turn = {});
    const image = await drawn(this.app.engine.exampleUrl(name));
    if (this.turn === turn) this.show(image, name);
  }

  /** Show the square that was read of a photo which is not there any more. @param {string} png base64 */
  async showRead(png) {
    this.show(await drawn(`data:image/png;base64,${png}`), this.app.t("photo.last"), false);
  }

  #listen() {
    document.addEventListener("paste", (event) => {
      const file = this.visible && [...(event.clipboardData?.files ?? [])][0];
      if (!file) return;
      event.preventDefault();
      this.take(file);
    });
    // The whole page takes what is dropped: beside the card, the browser would leave the page for the file.
    const over = (event) => {
      if (!this.visible || !event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.stage.classList.toggle("over", event.type === "dragover");
      if (event.type === "drop") this.take(event.dataTransfer.files[0]);
    };
    for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, /** @type {any} */ (over));
  }

  async #paste() {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((each) => each.startsWith("image/"));
        if (type) return this.take(new File([await item.getType(type)], this.app.t("photo.pasted"), { type }));
      }
    } catch {
      // Forbidden, or nothing there: the same sentence.
    }
    this.fail(this.app.t("photo.nothing"));
  }

  async #film() {
    const { t } = this.app;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
    } catch {
      return this.fail(t("photo.noCamera"));
    }
    const video = h("video", { autoplay: true, playsinline: true, muted: true, "aria-label": t("photo.camera") });
    video.srcObject = stream;
    const end = () => {
      watch.disconnect();
      stream.getTracks().forEach((track) => track.stop());
      if (this.stage.contains(video)) this.#preview();
    };
    const shoot = () => {
      const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d").drawImage(video, 0, 0);
      end();
      canvas.toBlob((blob) => blob && this.take(new File([blob], t("photo.taken"), { type: blob.type })), "image/jpeg", 0.92);
    };
    // The camera goes off as soon as its picture is not to be seen: on another page, or where another photo came instead.
    const watch = new ResizeObserver(() => video.offsetParent || end());
    replace(this.stage, video, h("div", { class: "photo-ways" }, button(t("photo.shoot"), shoot), button(t("photo.cancel"), end)));
    watch.observe(video);
    this.stage.querySelector("button")?.focus();
  }
}

/** Return an image when it is ready to be drawn; null where the browser cannot. @param {string} src */
async function drawn(src) {
  const image = new Image();
  image.src = src;
  try {
    await image.decode();
    return image;
  } catch {
    return null; // a format of which only the server may know something
  }
}
