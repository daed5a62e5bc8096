/** Pictures of 16 bits a colour in 8, as `data/colours.py` makes them: stretched where they use fewer. */

import { roundEven } from "../numbers.js";

const BITS = [8, 10, 12, 14, 16]; // of which a picture of more than 8 may make use
const NO_BITS_MISSING = 64; // a high byte from here on: more than 14 of 16 bits are in use

/**
 * Return grey values of 16 bits in 8, and sentences about it.
 * @param {Uint16Array} values @returns {{grey: Uint8Array, notices: string[]}}
 */
export function greyIn8(values) {
  let [least, most] = [65535, 0];
  for (let place = 0; place < values.length; place += 1) {
    least = Math.min(least, values[place]);
    most = Math.max(most, values[place]);
  }
  const bits = bitsOf(least, most);
  const steps = 2 ** bits - 1;
  const table = Uint8Array.from({ length: most + 1 }, (_, value) => roundEven(Math.fround(Math.fround(value / steps) * 255)));
  const grey = new Uint8Array(values.length);
  for (let place = 0; place < values.length; place += 1) grey[place] = table[values[place]];
  return { grey, notices: fewBits(bits) };
}

/**
 * Return numbers of 16 bits in 8: their high bytes, unless the colours lie in few of the lower bits.
 * @param {Uint16Array} samples @param {number} channels of a pixel @param {number} colours how many of them are no opacity
 * @returns {{samples: Uint8Array, notices: string[], stretched: boolean}}
 */
export function coloursIn8(samples, channels, colours) {
  const tops = topsOf(samples, channels);
  const greatest = tops.slice(0, colours);
  const isDark = greatest.every((value) => value >> 8 < NO_BITS_MISSING);
  const result = new Uint8Array(samples.length);
  if (!isDark || greatest.every((value) => value === 0)) {
    for (let place = 0; place < samples.length; place += 1) result[place] = samples[place] >> 8;
    return { samples: result, notices: [], stretched: false };
  }
  const bits = Math.max(...greatest.map((top) => bitsOf(0, mayBe(top))));
  const tables = tops.map((top, channel) => tableOf(channel < colours ? bits : bitsOf(0, mayBe(top))));
  for (let place = 0; place < samples.length; place += 1) {
    const { high, low } = tables[place % channels];
    result[place] = Math.min(255, high[samples[place] >> 8] + low[samples[place] & 255]);
  }
  return { samples: result, notices: fewBits(bits), stretched: true };
}

/** Return the greatest number of each channel. @param {Uint16Array} samples @param {number} channels */
function topsOf(samples, channels) {
  const tops = new Array(channels).fill(0);
  for (let place = 0; place < samples.length; place += 1) {
    if (samples[place] > tops[place % channels]) tops[place % channels] = samples[place];
  }
  return tops;
}

/**
 * Return the greatest value of which Python knows: where high bytes have a part in it, it looks at these alone.
 * @param {number} top
 */
function mayBe(top) {
  return top >> 8 ? top | 255 : top;
}

/** Return how many bits values make use of; a picture of one value has 16. @param {number} least @param {number} most */
function bitsOf(least, most) {
  return least === most ? 16 : /** @type {number} */ (BITS.find((bits) => most < 2 ** bits));
}

/** Return what high and low bytes add to a value in 8 bits. @param {number} bits */
function tableOf(bits) {
  const scale = 255 / (2 ** bits - 1);
  return {
    high: Array.from({ length: 256 }, (_, value) => Math.min(255, roundEven(256 * value * scale))),
    low: Array.from({ length: 256 }, (_, value) => roundEven(value * scale)),
  };
}

/** @param {number} bits */
function fewBits(bits) {
  return bits === 16 ? [] : [`The values of this photo take ${bits} bits, not 16: they were stretched to the whole range.`];
}
