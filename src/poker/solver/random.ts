/**
 * xoshiro128** 1.1 (Blackman and Vigna 2018), seeded through splitmix32. The same seed gives the same numbers on every
 * machine.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed any safe integer */
  constructor(seed: number) {
    let mix = seed ^ Math.floor(seed / 2 ** 32);
    const word = (): number => {
      mix = (mix + 0x9e3779b9) | 0;
      let bits = mix;
      bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
      bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
      return bits ^ (bits >>> 15);
    };
    this.#a = word();
    this.#b = word();
    this.#c = word();
    this.#d = word();
  }

  /** Uniform 32-bit integer. */
  next(): number {
    const b = this.#b;
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= b << 9;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Uniform in [0, 1), 32 bits. */
  fraction(): number {
    return this.next() / 2 ** 32;
  }

  /** Uniform integer below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }
}

/** Puts `count` random cards at the start, in random order: Fisher–Yates, as far as cards are needed. */
export function shuffleStart(cards: Uint8Array | number[], count: number, random: Random): void {
  for (let place = 0; place < count; place++) {
    const other = place + random.below(cards.length - place);
    const card = cards[place] as number;
    cards[place] = cards[other] as number;
    cards[other] = card;
  }
}
