/** A document as text to take away: names of files, a table of scores, the code and the command that repeat it. */

import { SECTIONS } from "./session.js";

const FILLED = [...SECTIONS, "jacobian", "trust"]; // by `analyse`; the others come by further steps
const WORDS_OF_NAME = 4;
const MOST_LETTERS = 40;

/**
 * Return the name of a file that says what is in it: model, method, content, first words; as `file_name` in ../api.
 * @param {any} document @param {string} content "" for the document itself @param {string} kind
 */
export function fileName({ model, attribution, input }, content, kind) {
  const words = (input.text ?? "photo").match(/[\p{L}\p{N}\p{M}_]+/gu) ?? [];
  const start = Array.from(words.slice(0, WORDS_OF_NAME).join("-").toLowerCase()).slice(0, MOST_LETTERS).join("").replace(/-$/, "");
  return `${[model.name, attribution?.method, content, start].filter(Boolean).join("_")}.${kind}`;
}

/**
 * Return the scores as CSV (RFC 4180): a row for each word, cell or pixel, a column for each attribution of its kind.
 * Start and end of a word count code points from 0; rows and columns count from 1, as in the names of cells.
 * @param {any} document
 */
export function scoresCsv({ input, attribution, other_attributions = [] }) {
  const columns = [attribution, ...other_attributions].filter((each) => each.scores.length === attribution.scores.length);
  const heads = columns.map((each) => text(`${each.method} (${each.target})`));
  const scores = (place) => columns.map((each) => each.scores[place]);
  const [names, places] = placesOf(input, attribution);
  const rows = [[...names, ...heads], ...places.map((place, index) => [...place, ...scores(index)])];
  // The mark at the start tells spreadsheets that it is UTF-8.
  return ["\ufeff", ...rows.map((row) => `${row.join(",")}\r\n`)].join("");
}

function placesOf(input, attribution) {
  if (attribution.scores.length !== input.units.length) {
    const columns = attribution.grid[1];
    return [["row", "column"], attribution.scores.map((_, pixel) => [Math.floor(pixel / columns) + 1, (pixel % columns) + 1])];
  }
  if (input.grid) return [["unit", "row", "column"], input.units.map(({ name, cell }) => [text(name), cell[0] + 1, cell[1] + 1])];
  return [["unit", "start", "end"], input.units.map(({ name, span }) => [text(name), ...span])];
}

/** Return a cell of text; what a spreadsheet would take for a formula gets an apostrophe. @param {string} value */
function text(value) {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** Return Python code that repeats the analysis; of a photo, PATH stands for its file. @param {any} document */
export function pythonCode({ model, input, attribution, provenance, ...sections }) {
  const filled = { attribution, ...sections };
  const wanted = FILLED.filter((name) => filled[name]).map(literal);
  const options = Object.entries(attribution?.options ?? {}).map(([name, value]) => `${name}=${literal(value)}`);
  const asked = attribution ? [`target=${literal(attribution.target)}`, `method=${literal(attribution.method)}`] : [];
  const values = [literal(model.name), literal(input.text ?? input.source ?? "PATH"), `wanted=(${wanted.join(", ")}${wanted.length === 1 ? "," : ""})`, ...asked, `seed=${provenance.seed}`, ...options];
  return [
    "from rnnformer_demo.analysis.service import analyse",
    "",
    "document = analyse(",
    ...values.map((value) => `    ${value},`),
    ")",
    "print(document.prediction.label, document.prediction.confidence)",
    ...(attribution ? ["for name, score in zip(document.input.unit_names, document.attribution.scores):", '    print(f"{score:+.4f}  {name}")'] : []),
    "",
  ].join("\n");
}

/** Return a Python literal; what cannot be seen, or turns the line around, is escaped. @param {string} value */
function literal(value) {
  return JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => {
    const code = /** @type {number} */ (letter.codePointAt(0));
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** Return the command that repeats the analysis; of a photo that has no path, PATH stands for it. @param {any} document */
export function command({ model, input, attribution, provenance }) {
  if (provenance.command) return provenance.command;
  const options = Object.entries(attribution?.options ?? {}).flatMap(([name, value]) => ["--option", `${name}=${value}`]);
  const asked = attribution ? ["--method", attribution.method, "--target", attribution.target, ...options, "--seed", String(provenance.seed)] : [];
  const words = [attribution ? "explain" : "predict", model.name, ...asked, ...(input.text?.startsWith("-") ? ["--"] : []), input.text ?? "PATH"];
  return `python -m rnnformer_demo ${words.map(quoted).join(" ")}`;
}

/** Quote for a shell, as Python's shlex does. @param {string} value */
function quoted(value) {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\"'\"'")}'`;
}
