const BATCH = 512;
const TWO_16 = 2 ** 16;
const TWO_32 = 2 ** 32;
const GOLDEN = 0x9e3779b9;
/** For n below 256: how many of the 2^16 draws are refused so that every number has equally many. */
const REFUSED = Uint16Array.from({ length: 256 }, (_, n) => (n === 0 ? 0 : TWO_16 % n));

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), 32-bit outputs, period
 * 2^128 − 1. The state is drawn from the seed by a Weyl sequence through the 32-bit finalizer of MurmurHash3.
 */
export class Random {
  private readonly batch = new Uint32Array(BATCH);
  private at = BATCH;
  /** The upper half of a number whose lower half is used up; -1 without one. */
  private upperHalf = -1;

  /** @param state the generator's four words, not all zero; they are its own from now on */
  constructor(private readonly state: Int32Array) {}

  /** @param words any number of 32-bit words; the same words give the same sequence */
  static seeded(words: readonly number[]): Random {
    return new Random(seedState(words));
  }

  /** Uniform in 0 … 2^32 − 1. */
  next(): number {
    if (this.at === BATCH) this.refill();
    return this.batch[this.at++] as number;
  }

  /**
   * Uniform in 0 … n − 1, without bias (Lemire, "Fast random integer generation in an interval", 2019); n < 2^20. Below
   * 256 it takes half a number, the lower half first.
   */
  below(n: number): number {
    if (n >= 256) return this.belowMany(n);
    for (;;) {
      const product = this.nextHalf() * n;
      if ((product & 0xffff) >= (REFUSED[n] as number)) return product >>> 16;
    }
  }

  private belowMany(n: number): number {
    for (;;) {
      const product = this.next() * n;
      const whole = Math.floor(product / TWO_32);
      if (product - whole * TWO_32 >= TWO_32 % n) return whole;
    }
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
    let a = state[0] as number;
    let b = state[1] as number;
    let c = state[2] as number;
    let d = state[3] as number;
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

function seedState(words: readonly number[]): Int32Array {
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
