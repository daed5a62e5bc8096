/** Unpacking of files in the format of `lzma.FORMAT_ALONE` (Pavlov's LZMA), whose unpacked size stands in their head. */

const HEAD = 13; // bytes: one of properties, four of the dictionary's size, eight of the unpacked size
const STATES = 12;
const PLACES = 16; // the most positions, modulo a power of two, by which bits are told apart
const FULL = 11; // bits of a probability
const RATE = 5; // by which a probability moves
const LEAST = 1 << 24; // of the range: below, another byte is read
const HALF = 1 << (FULL - 1);
const SHORTEST = 2; // length of a copy
const LAST_LITERAL = 7; // states below come after a literal

/** Reads bits that an arithmetic coder has written, each with a probability that follows what came before. */
class BitReader {
  /** @param {Uint8Array} bytes @param {number} start */
  constructor(bytes, start) {
    this.bytes = bytes;
    this.next = start + 5; // the first byte is always 0
    /** Range and code: in an array they stay whole numbers of 32 bits, which is a third faster. */
    this.words = Uint32Array.of(0xffffffff, new DataView(bytes.buffer, bytes.byteOffset).getUint32(start + 1));
  }

  /** Return a bit, and move its probability. @param {Uint16Array} chances @param {number} place */
  bit(chances, place) {
    const { words } = this;
    const chance = chances[place];
    const bound = Math.imul(words[0] >>> FULL, chance) >>> 0;
    const bit = Number(words[1] >= bound);
    if (bit) {
      words[0] -= bound;
      words[1] -= bound;
      chances[place] = chance - (chance >> RATE);
    } else {
      words[0] = bound;
      chances[place] = chance + (((1 << FULL) - chance) >> RATE);
    }
    if (words[0] < LEAST) this.#refill();
    return bit;
  }

  /** Return a number of bits that are as likely 0 as 1. @param {number} count */
  plain(count) {
    const { words } = this;
    let number = 0;
    for (let place = 0; place < count; place += 1) {
      words[0] >>>= 1;
      const bit = Number(words[1] >= words[0]);
      if (bit) words[1] -= words[0];
      number = 2 * number + bit;
      if (words[0] < LEAST) this.#refill();
    }
    return number;
  }

  /** Return a number of so many bits, the highest first, each told by those before. @param {Uint16Array} chances @param {number} start @param {number} count */
  tree(chances, start, count) {
    let node = 1;
    for (let bit = 0; bit < count; bit += 1) node = (node << 1) | this.bit(chances, start + node);
    return node - (1 << count);
  }

  /** Return such a number, the lowest bit first. @param {Uint16Array} chances @param {number} start @param {number} count */
  reversed(chances, start, count) {
    let [node, number] = [1, 0];
    for (let place = 0; place < count; place += 1) {
      const bit = this.bit(chances, start + node);
      node = (node << 1) | bit;
      number |= bit << place;
    }
    return number;
  }

  #refill() {
    const { words } = this;
    words[0] <<= 8;
    words[1] = (words[1] << 8) | this.bytes[this.next];
    this.next += 1;
  }
}

/** Return probabilities of a half each. @param {number} count */
const even = (count) => new Uint16Array(count).fill(HALF);

/** Lengths of copies, in three ranges. */
class Lengths {
  constructor() {
    this.choice = even(2);
    this.low = even(PLACES << 3);
    this.middle = even(PLACES << 3);
    this.high = even(1 << 8);
  }

  /** @param {BitReader} reader @param {number} place */
  next(reader, place) {
    if (!reader.bit(this.choice, 0)) return SHORTEST + reader.tree(this.low, place << 3, 3);
    if (!reader.bit(this.choice, 1)) return SHORTEST + 8 + reader.tree(this.middle, place << 3, 3);
    return SHORTEST + 16 + reader.tree(this.high, 0, 8);
  }
}

/**
 * Unpack a file.
 * @param {Uint8Array} bytes @returns {Uint8Array}
 */
export function unpackLzma(bytes) {
  const properties = bytes[0];
  const literalBits = properties % 9; // of the byte before, by which literals are told apart
  const literalPlaceBits = Math.floor(properties / 9) % 5;
  const placeMask = (1 << Math.floor(properties / 45)) - 1;
  const size = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(5, true));
  const result = new Uint8Array(size);
  const reader = new BitReader(bytes, HEAD);
  const literals = even(0x300 << (literalBits + literalPlaceBits));
  const [isCopy, isLong] = [even(STATES * PLACES), even(STATES * PLACES)];
  const [isRepeat, isOlder, isSecond, isThird] = [even(STATES), even(STATES), even(STATES), even(STATES)];
  const distances = { slots: even(4 << 6), middle: even(1 << 7), low: even(1 << 4) };
  const [lengths, repeatLengths] = [new Lengths(), new Lengths()];
  let recent = [0, 0, 0, 0]; // distances of the last copies, less 1
  let state = 0;
  let done = 0;
  while (done < size) {
    const place = done & placeMask;
    if (!reader.bit(isCopy, (state << 4) + place)) {
      const before = done ? result[done - 1] : 0;
      const context = ((done & ((1 << literalPlaceBits) - 1)) << literalBits) + (before >> (8 - literalBits));
      result[done] = literal(reader, literals, 0x300 * context, state < LAST_LITERAL ? -1 : result[done - recent[0] - 1]);
      done += 1;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length = 0;
    if (!reader.bit(isRepeat, state)) {
      length = lengths.next(reader, place);
      recent = [distance(reader, Math.min(length - SHORTEST, 3), distances), recent[0], recent[1], recent[2]];
      state = state < LAST_LITERAL ? 7 : 10;
    } else if (reader.bit(isOlder, state)) {
      const which = !reader.bit(isSecond, state) ? 1 : !reader.bit(isThird, state) ? 2 : 3;
      recent = [recent[which], ...recent.filter((_, other) => other !== which)];
    } else if (!reader.bit(isLong, (state << 4) + place)) {
      length = 1;
      state = state < LAST_LITERAL ? 9 : 11;
    }
    if (!length) {
      length = repeatLengths.next(reader, place);
      state = state < LAST_LITERAL ? 8 : 11;
    }
    for (const end = Math.min(size, done + length); done < end; done += 1) result[done] = result[done - recent[0] - 1];
  }
  return result;
}

/** Return a byte. @param {BitReader} reader @param {Uint16Array} chances @param {number} start @param {number} matched the byte that a copy would give; -1 after another literal */
function literal(reader, chances, start, matched) {
  let symbol = 1;
  for (let rest = matched << 1; matched >= 0 && symbol < 0x100; rest <<= 1) {
    const expected = rest & 0x100;
    const bit = reader.bit(chances, start + 0x100 + expected + symbol);
    symbol = (symbol << 1) | bit;
    if (bit !== expected >> 8) break;
  }
  while (symbol < 0x100) symbol = (symbol << 1) | reader.bit(chances, start + symbol);
  return symbol & 0xff;
}

/** Return the distance of a copy, less 1. @param {BitReader} reader @param {number} kind by the copy's length @param {Record<"slots" | "middle" | "low", Uint16Array>} chances */
function distance(reader, kind, { slots, middle, low }) {
  const slot = reader.tree(slots, kind << 6, 6);
  if (slot < 4) return slot;
  const count = (slot >> 1) - 1;
  const start = (2 | (slot & 1)) << count;
  if (slot < 14) return start + reader.reversed(middle, start - slot, count);
  return (start >>> 0) + reader.plain(count - 4) * 16 + reader.reversed(low, 0, 4);
}
