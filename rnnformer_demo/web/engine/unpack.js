/** Files as they were before they were packed, see `site/packing.py`. */

import { unpackLzma } from "./lzma.js";

/** @typedef {(bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>} Unpack */

/** What undoes each way of packing, by the ending that it adds to a name. @type {Record<string, Unpack>} */
const ENDINGS = {
  ".gz": unzipped,
  ".planes.gz": async (bytes) => interleaved(await unzipped(bytes)),
  ".lzma": unpackLzma,
};

/**
 * Return the name under which a file lies packed, and what unpacks it.
 * @param {string} name @param {Record<string, unknown>} names of all files
 * @returns {{packed: string, unpack: Unpack}}
 */
export function packedFile(name, names) {
  const [ending, unpack] = Object.entries(ENDINGS).find(([each]) => name + each in names) ?? ["", (/** @type {Uint8Array} */ bytes) => bytes];
  return { packed: name + ending, unpack };
}

/** @type {Unpack} */
async function unzipped(bytes) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Return bytes of which the first half were the even ones. @param {Uint8Array} planes */
function interleaved(planes) {
  const half = Math.ceil(planes.length / 2);
  const bytes = new Uint8Array(planes.length);
  for (let place = 0; place < planes.length; place += 1) bytes[place] = planes[(place >> 1) + (place & 1) * half];
  return bytes;
}
