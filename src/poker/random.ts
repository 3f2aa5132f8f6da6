/** Numbers that are made at once. */
export const BATCH = 512;
const TWO_16 = 2 ** 16;
const TWO_32 = 2 ** 32;
const GOLDEN = 0x9e3779b9;
/** For n below 256: how many of the 2^16 draws are refused so that every number has equally many. */
export const REFUSED = Uint16Array.from({ length: 256 }, (_, n) => (n === 0 ? 0 : TWO_16 % n));

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), 32-bit outputs, period
 * 2^128 − 1. Equal seeds give equal numbers on every machine.
 */
export class Random {
  private readonly batch = new Uint32Array(BATCH);
  private at = BATCH;
  /** The upper half of a number whose lower half is used up; -1 without one. */
  private upperHalf = -1;

  /** @param state the generator's four words, not all zero; they are its own from now on */
  constructor(private readonly state: Int32Array) {}

  /** @param seed a safe integer; the state comes from it by splitmix32 */
  static fromSeed(seed: number): Random {
    return new Random(splitMix(seed));
  }

  /**
   * One of many sequences that belong together.
   * @param words any number of 32-bit words, such as a seed and the numbers of a stream and of a piece of its work
   */
  static ofStream(words: readonly number[]): Random {
    return new Random(mixWords(words));
  }

  /** Uniform in 0 … 2^32 − 1. */
  next(): number {
    if (this.at === BATCH) this.refill();
    return this.batch[this.at++];
  }

  /** Uniform in [0, 1), 32 bits. */
  fraction(): number {
    return this.next() / TWO_32;
  }

  /** Uniform in 0 … n − 1, without bias (Lemire, "Fast random integer generation in an interval", 2019); n < 2^20. */
  below(n: number): number {
    for (;;) {
      const product = this.next() * n;
      const whole = Math.floor(product / TWO_32);
      const rest = product - whole * TWO_32;
      if (rest >= n || rest >= TWO_32 % n) return whole;
    }
  }

  /** As {@link below}, with half a number where n < 256, the lower half first: for loops that draw cards by the million. */
  belowByHalves(n: number): number {
    if (n >= 256) return this.below(n);
    for (;;) {
      const product = this.nextHalf() * n;
      if ((product & 0xffff) >= REFUSED[n]) return product >>> 16;
    }
  }

  /**
   * Gives the generator to a kernel, which goes on with its numbers until {@link takeBack}.
   * @param state receives the four words, how many of the batch are used up, and the upper half that is left, or -1
   * @param words receives the batch, {@link BATCH} words
   */
  lend(state: Int32Array, words: Uint32Array): void {
    state.set(this.state);
    state[4] = this.at;
    state[5] = this.upperHalf;
    words.set(this.batch);
  }

  /** The numbers go on where the kernel has left off. */
  takeBack(state: Int32Array, words: Uint32Array): void {
    this.state.set(state.subarray(0, 4));
    this.at = state[4];
    this.upperHalf = state[5];
    this.batch.set(words);
  }

  private nextHalf(): number {
    const upper = this.upperHalf;
    if (upper >= 0) {
      this.upperHalf = -1;
      return upper;
    }
    const number = this.next();
    this.upperHalf = number >>> 16;
    return number & 0xffff;
  }

  private refill(): void {
    const { state, batch } = this;
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    for (let i = 0; i < BATCH; i++) {
      const five = Math.imul(b, 5);
      batch[i] = Math.imul((five << 7) | (five >>> 25), 9);
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    this.at = 0;
  }
}

/** Puts `count` random cards at the start, in random order: Fisher–Yates, as far as cards are needed. */
export function shuffleStart(cards: Uint8Array | number[], count: number, random: Random): void {
  for (let place = 0; place < count; place++) {
    const other = place + random.below(cards.length - place);
    const card = cards[place];
    cards[place] = cards[other];
    cards[other] = card;
  }
}

function splitMix(seed: number): Int32Array {
  let mixed = seed ^ Math.floor(seed / TWO_32);
  return new Int32Array(4).map(() => {
    mixed = (mixed + GOLDEN) | 0;
    let word = mixed;
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  });
}

/** A Weyl sequence through the 32-bit finalizer of MurmurHash3. */
function mixWords(words: readonly number[]): Int32Array {
  let mixed = GOLDEN;
  for (const word of words) mixed = finalize((mixed ^ word) + GOLDEN) ^ Math.imul(mixed, 5);
  const state = new Int32Array(4);
  for (let i = 0; i < 4; i++) {
    mixed = (mixed + GOLDEN) | 0;
    state[i] = finalize(mixed);
  }
  // The all-zero state is the one that never leaves itself.
  if (state.every((word) => word === 0)) state[0] = GOLDEN;
  return state;
}

function finalize(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
