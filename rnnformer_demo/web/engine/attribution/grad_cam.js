/** Grad-CAM (Selvaraju et al. 2017) on the last feature grid of the CNN. */

/** Run one pass forward and one backward. @type {import("./registry.js").Compute} */
export async function gradCam(subject, { target, report }) {
  const { data: tokens, dims } = await subject.tokens();
  const [, cells, channels] = dims;
  const { gradient } = await subject.gradient({ data: tokens, dims }, target);
  const weights = new Float64Array(channels);
  for (let place = 0; place < tokens.length; place += 1) weights[place % channels] += gradient.data[place] / cells;
  const scores = new Float64Array(cells);
  for (let place = 0; place < tokens.length; place += 1) scores[Math.floor(place / channels)] += weights[place % channels] * tokens[place];
  report(1);
  return { scores };
}
