/** The one state of an explorer: the analysis document, the cursor, the choices of the views. Views subscribe to it. */

/**
 * @typedef {Record<string, any>} AnalysisDocument a document of schema 2, see ../../document/schema.json
 * @typedef {{unit: number | null, pinned: boolean}} Cursor index of a word or cell
 * @typedef {(changed: Set<string>) => void} Listener gets the names of what changed: sections of the document, "document"
 *   for a new one, "cursor", "stale", "theme", "choices of …" for those of a view
 */

/** Sections that hold for one class: they are old as soon as another one is asked for. */
export const OF_TARGET = ["attribution", "interventions", "trust"];

export class Store {
  /** @param {AnalysisDocument | null} [document] */
  constructor(document = null) {
    /** @type {AnalysisDocument | null} */
    this.document = document;
    /** @type {Cursor} */
    this.cursor = { unit: null, pinned: false };
    /** @type {Record<string, Record<string, string>>} choices of views, by view and control */
    this.choices = {};
    /** @type {Set<string>} sections that are being computed anew: what is shown of them is old */
    this.stale = new Set();
    /** @type {Set<Listener>} */
    this.listeners = new Set();
  }

  /**
   * Call a function after each change.
   * @param {Listener} listener
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Tell all listeners. @param {...string} changed */
  notify(...changed) {
    const names = new Set(changed);
    for (const listener of [...this.listeners]) {
      try {
        listener(names);
      } catch (error) {
        reportError(error); // one view's fault must not keep the others from following
      }
    }
  }

  /** Show another document, or none. @param {AnalysisDocument | null} document */
  reset(document) {
    this.document = document;
    this.cursor = { unit: null, pinned: false };
    this.stale = new Set();
    this.notify("document", "cursor", "stale", ...Object.keys(document ?? {}));
  }

  /**
   * Take sections into the document. A new attribution moves the old one to `other_attributions`.
   * @param {Partial<AnalysisDocument>} sections
   */
  merge(sections) {
    if (!this.document) return this.reset(/** @type {AnalysisDocument} */ (sections));
    const before = this.document;
    const document = { ...before, ...sections };
    if (sections.attribution) document.other_attributions = others(before, sections.attribution);
    if (sections.edits) document.edits = [...(before.edits ?? []), ...sections.edits];
    if (sections.provenance) {
      document.provenance = { ...sections.provenance, seconds: { ...before.provenance.seconds, ...sections.provenance.seconds } };
    }
    this.document = document;
    for (const name of Object.keys(sections)) this.stale.delete(name);
    this.notify("stale", ...Object.keys(sections), ...(sections.attribution ? ["other_attributions"] : []));
  }

  /** Put other edits in the place of those of the document, for undo and redo. @param {any[]} edits */
  setEdits(edits) {
    if (this.document) this.document = { ...this.document, edits };
    this.notify("edits");
  }

  /** Say which sections are being computed anew. @param {Iterable<string>} sections */
  expire(sections) {
    for (const name of sections) this.stale.add(name);
    this.notify("stale");
  }

  /** Say that nothing is being computed any more, or none of some sections. @param {string[]} [sections] */
  settle(sections = [...this.stale]) {
    const ended = sections.filter((name) => this.stale.delete(name));
    if (ended.length) this.notify("stale");
  }

  /** Point at a word or cell, or at none; a pinned cursor stays. @param {number | null} unit */
  point(unit) {
    if (this.cursor.pinned || this.cursor.unit === unit) return;
    this.cursor = { unit, pinned: false };
    this.notify("cursor");
  }

  /** Pin the cursor to a word or cell; release it where it is pinned there already. @param {number | null} unit */
  pin(unit) {
    const released = unit === null || (this.cursor.pinned && this.cursor.unit === unit);
    this.cursor = released ? { unit, pinned: false } : { unit, pinned: true };
    this.notify("cursor");
  }

  /** Move the cursor, pinned or not, such as by a key. @param {number} unit */
  move(unit) {
    if (this.cursor.unit === unit) return;
    this.cursor = { ...this.cursor, unit };
    this.notify("cursor");
  }

  /** Return a view's choice. @param {string} view @param {string} name @param {string} otherwise */
  choice(view, name, otherwise) {
    return this.choices[view]?.[name] ?? otherwise;
  }

  /** Set choices of a view. @param {string} view @param {Record<string, string>} choices by their names */
  choose(view, choices) {
    this.choices[view] = { ...this.choices[view], ...choices };
    this.notify(`choices of ${view}`);
  }

  /** The class that is explained. */
  get target() {
    return this.document?.attribution?.target ?? this.document?.prediction?.label;
  }

  /** Return whether the document has a section. @param {string} section */
  has(section) {
    const value = this.document?.[section];
    return value !== undefined && value !== null && (section === "recurrence" || !Array.isArray(value) || value.length > 0);
  }
}

function others(document, added) {
  const known = [...(document.other_attributions ?? []), ...(document.attribution ? [document.attribution] : [])];
  return known.filter((each) => each.method !== added.method || each.target !== added.target);
}
