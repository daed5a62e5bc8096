/** Colours of values, the same as those of the figures in ../../views: safe for colour-blind eyes. */

/** @typedef {[number, number, number]} RGB 0-255 */

/** Colours of evidence, as in ../../views/colours.py. */
const FOR = /** @type {RGB} */ ([33, 102, 172]);
const AGAINST = /** @type {RGB} */ ([224, 120, 30]);
/** Lighter ones, for dark backgrounds. */
const FOR_DARK = /** @type {RGB} */ ([96, 165, 230]);
const AGAINST_DARK = /** @type {RGB} */ ([240, 150, 70]);
/** The ground of a page, as in ../styles/base.css. */
export const PAPER = { light: [255, 255, 255], dark: [19, 28, 46] };
/** Colours of several curves (Okabe & Ito), told apart by their dashes, too. */
export const LINES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00"];
export const LINES_DARK = ["#56b4e9", "#f0883e", "#33c79b", "#e6a3c8", "#8fd0f5", "#f2c14e"];
export const DASHES = ["", "6 3", "2 3", "8 3 2 3", "1 2", "10 4"];

// Viridis at eleven places (van der Walt & Smith 2015, CC0).
const VIRIDIS = [
  [68, 1, 84], [72, 36, 117], [65, 68, 135], [53, 95, 141], [42, 120, 142], [33, 145, 140],
  [34, 168, 132], [68, 191, 112], [122, 209, 81], [189, 223, 38], [253, 231, 37],
];
// Purple to orange through white, and through the dark page's grey.
const PURPLE = [84, 39, 136];
const ORANGE = [179, 88, 6];
const PURPLE_DARK = [178, 145, 240];
const ORANGE_DARK = [245, 165, 80];
const LIGHT = [255, 255, 255];
const DARK = [30, 41, 59];

/** Return whether the page is dark now. */
export function isDark() {
  const root = document.querySelector(".rnnformer");
  return root !== null && getComputedStyle(root).getPropertyValue("--is-dark").trim() === "1";
}

/** Return viridis of a share 0-1. @param {number} share @returns {RGB} */
export function sequential(share) {
  const place = Math.min(1, Math.max(0, share)) * (VIRIDIS.length - 1);
  const index = Math.min(VIRIDIS.length - 2, Math.floor(place));
  return mix(VIRIDIS[index], VIRIDIS[index + 1], place - index);
}

/** Return the colour of a state between -1 and 1. @param {number} share @param {boolean} dark @returns {RGB} */
export function states(share, dark) {
  const ends = dark ? [PURPLE_DARK, ORANGE_DARK] : [PURPLE, ORANGE];
  return mix(dark ? DARK : LIGHT, share < 0 ? ends[1] : ends[0], Math.min(1, Math.abs(share)));
}

/** Return the colour of evidence, for (positive) or against (negative). @param {number} share @param {boolean} dark */
export function evidence(share, dark) {
  if (share < 0) return dark ? AGAINST_DARK : AGAINST;
  return dark ? FOR_DARK : FOR;
}

/** Return a CSS colour. @param {ArrayLike<number>} rgb @param {number} [opacity] */
export function css(rgb, opacity = 1) {
  return `rgb(${rgb[0]} ${rgb[1]} ${rgb[2]} / ${opacity.toFixed(3)})`;
}

function mix(from, to, share) {
  return /** @type {RGB} */ ([0, 1, 2].map((channel) => Math.round(from[channel] + (to[channel] - from[channel]) * share)));
}
