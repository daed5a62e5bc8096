/** The script of a text, and the model that reads it. */

const LANGUAGES = ["en", "zh"];

/** Return the language in a model's name, such as "zh" of sentiment-zh-lstm. @param {string} name */
export const languageOf = (name) => name.split("-").find((part) => LANGUAGES.includes(part)) ?? null;

/** Return the language that the letters of a text look like; null where they are few or of another script. @param {string} text */
function looksLike(text) {
  const count = (pattern) => text.match(pattern)?.length ?? 0;
  const letters = count(/\p{L}/gu);
  if (letters < 2 || count(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu) > letters / 10) return null;
  const han = count(/\p{Script=Han}/gu);
  if (han > 0.3 * letters) return "zh";
  return !han && count(/[a-z]/gi) > 0.8 * letters ? "en" : null;
}

/**
 * Return the model that should read a text instead of the chosen one: of the same kind, where there is one, in the text's
 * language. Null where the chosen one is right, or nothing better is there.
 * @param {{name: string, baseline_of: string | null}[]} models @param {string} chosen @param {string} text
 */
export function betterModel(models, chosen, text) {
  const [reads, wanted] = [languageOf(chosen), looksLike(text)];
  if (!reads || !wanted || reads === wanted) return null;
  const same = chosen.split("-").slice(0, chosen.split("-").indexOf(reads)).concat(wanted).join("-");
  const others = models.filter((model) => !model.baseline_of && languageOf(model.name) === wanted);
  return others.find(({ name }) => name === same) ?? others[0] ?? null;
}
