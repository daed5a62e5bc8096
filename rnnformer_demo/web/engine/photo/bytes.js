/** Bytes of files: numbers and marks in them. */

/** Return a view of the numbers in bytes. @param {Uint8Array} bytes */
export function viewOf(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Return bytes as text, a character for each. @param {Uint8Array} bytes @param {number} [from] @param {number} [to] */
export function latin(bytes, from = 0, to = bytes.length) {
  return new TextDecoder("latin1").decode(bytes.subarray(from, to));
}

/** Tell whether a text of ASCII stands at a place. @param {Uint8Array} bytes @param {string} mark @param {number} [place] */
export function hasMark(bytes, mark, place = 0) {
  for (let index = 0; index < mark.length; index += 1) if (bytes[place + index] !== mark.charCodeAt(index)) return false;
  return true;
}

/** Return where a text of ASCII begins, -1 for nowhere. @param {Uint8Array} bytes @param {string} mark @param {number} [from] */
export function find(bytes, mark, from = 0) {
  const [first, last] = [mark.charCodeAt(0), bytes.length - mark.length];
  for (let place = bytes.indexOf(first, from); place >= 0 && place <= last; place = bytes.indexOf(first, place + 1)) {
    if (hasMark(bytes, mark, place)) return place;
  }
  return -1;
}

/** Return pieces one after the other. @param {Uint8Array[]} pieces */
export function joined(pieces) {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let place = 0;
  for (const piece of pieces) {
    whole.set(piece, place);
    place += piece.length;
  }
  return whole;
}

/** Yield the bytes of a zlib stream as they are inflated. @param {Uint8Array[]} pieces of the stream, one after the other */
export async function* inflated(pieces) {
  const blob = new Blob(/** @type {BlobPart[]} */ (pieces));
  const reader = blob.stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Return bytes as a zlib stream. @param {Uint8Array} bytes */
export async function deflated(bytes) {
  const blob = new Blob([/** @type {BlobPart} */ (bytes)]);
  return new Uint8Array(await new Response(blob.stream().pipeThrough(new CompressionStream("deflate"))).arrayBuffer());
}
