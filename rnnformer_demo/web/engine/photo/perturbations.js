/** Photos without what they show: blurred, or in one colour; on normalised values (3, S, S), see `models/perturbation.py`. */

/**
 * Return a photo blurred by a Gaussian a fourteenth of its side wide; beyond the edges it is mirrored.
 * @param {Float32Array} photo @param {number} side
 */
export function blurred(photo, side) {
  const reach = Math.floor(side / 8);
  const kernel = gaussian(reach, side / 14);
  return along(along(photo, side, kernel, 1, side), side, kernel, side, 1);
}

/** Return a photo in its mean colour. @param {Float32Array} photo */
export function meanColour(photo) {
  const pixels = photo.length / 3;
  const means = [0, 1, 2].map((channel) => photo.subarray(channel * pixels, (channel + 1) * pixels).reduce((a, b) => a + b, 0) / pixels);
  return photo.map((_, place) => means[Math.floor(place / pixels)]);
}

/** Return weights from -reach to reach, which sum to 1. @param {number} reach @param {number} width */
function gaussian(reach, width) {
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, place) => Math.exp(-0.5 * ((place - reach) / width) ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Return a photo with each pixel the weighted mean of its neighbours along one direction.
 * @param {Float32Array} photo @param {number} side @param {Float64Array} kernel
 * @param {number} step from a pixel to its neighbour @param {number} line from a line of neighbours to the next
 */
function along(photo, side, kernel, step, line) {
  const reach = (kernel.length - 1) / 2;
  const result = new Float32Array(photo.length);
  for (let start = 0; start < photo.length; start += side * side) {
    for (let row = 0; row < side; row += 1) {
      const first = start + row * line;
      for (let place = 0; place < side; place += 1) {
        let total = 0;
        for (let tap = 0; tap < kernel.length; tap += 1) {
          let at = Math.abs(place + tap - reach);
          if (at >= side) at = 2 * (side - 1) - at;
          total += kernel[tap] * photo[first + at * step];
        }
        result[first + place * step] = total;
      }
    }
  }
  return result;
}
