/** torch's generator of random numbers on the CPU: a seed draws here what it draws in Python. */

const WORDS = 624;
const SHIFT = 397;
const BLOCK = 16; // normal numbers that torch makes at once, from so many uniform ones

export class Generator {
  /** @param {number | bigint} seed */
  constructor(seed) {
    this.state = new Uint32Array(WORDS);
    this.state[0] = Number(BigInt(seed) & 0xffffffffn);
    for (let place = 1; place < WORDS; place += 1) {
      const before = this.state[place - 1] ^ (this.state[place - 1] >>> 30);
      this.state[place] = Math.imul(before, 1812433253) + place;
    }
    this.place = WORDS;
    /** @type {number | null} the second of a pair of normal numbers, kept for the next call */
    this.kept = null;
  }

  /** Return the next 32 random bits: those of Matsumoto & Nishimura's Mersenne twister, in NumPy's old generator, too. */
  bits() {
    if (this.place === WORDS) this.#twist();
    let word = this.state[this.place];
    this.place += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  /** Return a number in 0-1 of 53 random bits. */
  double() {
    const high = this.bits() & 0x1fffff;
    return (high * 2 ** 32 + this.bits()) * 2 ** -53;
  }

  /** Return uniform numbers in 0-1, as `torch.rand`. @param {number} count */
  rand(count) {
    return Float32Array.from({ length: count }, () => this.#single());
  }

  /** Return normal numbers, as `torch.randn`. @param {number} count */
  randn(count) {
    return count < BLOCK ? Float32Array.from({ length: count }, () => this.#normal()) : this.#manyNormal(count);
  }

  /** Return a permutation of 0 to count - 1, as `torch.randperm`. @param {number} count */
  randperm(count) {
    const order = Int32Array.from({ length: count }, (_, place) => place);
    for (let place = 0; place < count - 1; place += 1) {
      const other = place + (this.bits() % (count - place));
      [order[place], order[other]] = [order[other], order[place]];
    }
    return order;
  }

  /** Return whole numbers from low to high - 1, as `torch.randint`. @param {number} low @param {number} high @param {number} count */
  randint(low, high, count) {
    return Int32Array.from({ length: count }, () => low + (this.bits() % (high - low)));
  }

  #twist() {
    const { state } = this;
    for (let place = 0; place < WORDS; place += 1) {
      const joined = (state[place] & 0x80000000) | (state[(place + 1) % WORDS] & 0x7fffffff);
      state[place] = state[(place + SHIFT) % WORDS] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.place = 0;
  }

  /** Return a number in 0-1 of 24 random bits, all that a float32 holds. */
  #single() {
    return (this.bits() & 0xffffff) * 2 ** -24;
  }

  #normal() {
    if (this.kept !== null) {
      const kept = this.kept;
      this.kept = null;
      return kept;
    }
    const angle = 2 * Math.PI * this.double();
    const radius = Math.sqrt(-2 * Math.log1p(-this.double()));
    this.kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Return 16 or more; the last 16 are drawn anew where they are no whole block. */
  #manyNormal(/** @type {number} */ count) {
    const numbers = this.rand(count);
    for (let start = 0; start + BLOCK <= count; start += BLOCK) toNormal(numbers.subarray(start, start + BLOCK));
    if (count % BLOCK) {
      const last = numbers.subarray(count - BLOCK);
      last.set(this.rand(BLOCK));
      toNormal(last);
    }
    return numbers;
  }
}

/** Turn a block of uniform numbers into normal ones, by pairs (Box & Muller 1958). @param {Float32Array} block */
function toNormal(block) {
  for (let place = 0; place < BLOCK / 2; place += 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - block[place]));
    const angle = 2 * Math.PI * block[place + BLOCK / 2];
    block[place] = radius * Math.cos(angle);
    block[place + BLOCK / 2] = radius * Math.sin(angle);
  }
}
