/** What the catalogue says of models and methods: families, tests, and what takes long. */

const LONG = 128; // words from which on a slow method takes seconds on a text, as `MAX_LEAVE_ONE_OUT` of ../../interpret

/** @typedef {Record<string, any>} Model an entry of the catalogue, see ../../ui/model_list.py */

/** Return the name of the hybrid that a model is, or is a baseline of. @param {Model} model */
export const familyOf = (model) => model.baseline_of ?? model.name;

/** Return the family of a model, the hybrid first; none for a model that is not listed. @param {Model[]} models @param {string} name */
export function membersOf(models, name) {
  const own = models.find((model) => model.name === name);
  return own ? models.filter((model) => familyOf(model) === familyOf(own)) : [];
}

/**
 * Return the test with the most examples, which says most; of the part held out, where choices fell, only for want of others.
 * @param {Model | undefined} model @returns {[string, any]} its name and its figures; null for a model that was never tested
 */
export function mainTest(model) {
  const tests = Object.entries(model?.metrics ?? {}).sort(([, a], [, b]) => b.n - a.n);
  return tests.find(([name]) => name !== "held_out") ?? tests[0] ?? ["", null];
}

/** Return the title of a test. @param {string} name @param {(sentence: string) => string} say */
export const testTitle = (name, say) => say(name.replaceAll("_", " "));

/**
 * Return whether a method takes seconds on an input.
 * @param {Record<string, any> | undefined} method of the catalogue @param {string} layout @param {number} words
 */
export const takesSeconds = (method, layout, words) => !!method?.slow_on_grid && (layout === "grid" || words > LONG);
