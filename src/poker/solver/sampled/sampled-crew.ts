import { SolveCancelled } from "../../errors.js";
import { BATCHES } from "./measure-deal.js";
import { REPLICATES, RESPONSE_BATCHES, type SampledGame } from "./sampled-game.js";
import { SampledWork } from "./sampled-work.js";

/** What is done one after the other, each in streams of deals that are independent of each other. */
export const PHASE = { train: 0, respond: 1, measure: 2, hero: 3, answer: 4, gain: 5 } as const;
export type Phase = (typeof PHASE)[keyof typeof PHASE];

/** Best answers are looked for in one deal of each stream, of either seat in turn. */
const RESPONSES = 2 * RESPONSE_BATCHES;

/** An answer of either seat that learns from deal to deal. */
const ANSWERS = 2;

/** Streams of each phase: the first and the number. */
const STREAMS: readonly { readonly first: number; readonly count: number }[] = [
  { first: 0, count: REPLICATES },
  { first: REPLICATES, count: RESPONSES },
  { first: REPLICATES + RESPONSES, count: BATCHES },
  { first: REPLICATES + RESPONSES + BATCHES, count: BATCHES },
  { first: REPLICATES + RESPONSES + 2 * BATCHES, count: ANSWERS },
  { first: REPLICATES + RESPONSES + 2 * BATCHES + ANSWERS, count: BATCHES },
];
const STREAM_COUNT = REPLICATES + RESPONSES + 3 * BATCHES + ANSWERS;

/** Words of the control block; `helpers` has one bit for each thread that has helped. */
const WORD = { phase: 0, finished: 1, failed: 2, helpers: 3, streams: 4 } as const;
/** Words of a stream: whether a thread is at work on it, deals done, deals wanted. */
const STREAM = { busy: 0, done: 1, wanted: 2, words: 3 } as const;
const IDLE_MS = 2;

export const CONTROL_BYTES = (WORD.streams + STREAM_COUNT * STREAM.words) * 4;

/** The game that this thread worked on last: a helper comes back many times to one solve. */
let known: { readonly id: number; readonly work: SampledWork } | undefined;

/**
 * Shares the deals of a sampled game among the threads at hand. A stream's deals come one after the other, whoever plays
 * them, so the answer does not depend on who did what.
 */
export class SampledCrew {
  readonly work: SampledWork;
  readonly #control: Int32Array;
  /** Asked within long pieces of work: throws when they are to be abandoned. */
  #goOn = (): void => {
    if (this.#finished()) throw new SolveCancelled("the solve was ended");
  };

  constructor(game: SampledGame) {
    if (known?.id !== game.id) known = { id: game.id, work: new SampledWork(game) };
    this.work = known.work;
    this.#control = new Int32Array(game.control);
  }

  /** Helpers that have joined at least once. */
  get helpers(): number {
    let joined = 0;
    for (let set = Atomics.load(this.#control, WORD.helpers); set !== 0; set &= set - 1) joined++;
    return joined;
  }

  /** Deals done of each stream of a phase. */
  done(phase: Phase): number[] {
    return this.#streams(phase).map((stream) => this.#load(stream, STREAM.done));
  }

  /**
   * Carries out a phase.
   *
   * @param wanted deals of each stream
   * @param enough asked between deals: ends the phase earlier
   */
  lead(phase: Phase, wanted: number, enough: () => boolean): void {
    for (const stream of this.#streams(phase)) this.#store(stream, STREAM.wanted, wanted);
    this.#goOn = (): void => void enough();
    Atomics.store(this.#control, WORD.phase, phase);
    Atomics.notify(this.#control, WORD.phase);
    while (!this.#settled(phase)) {
      if (Atomics.load(this.#control, WORD.failed) === 1) throw new Error("a helping thread of the solver was lost");
      if (enough()) for (const stream of this.#streams(phase)) this.#store(stream, STREAM.wanted, 0);
      if (!this.#step(phase)) Atomics.wait(this.#control, WORD.finished, 0, IDLE_MS);
    }
  }

  /**
   * Helps the leader until `milliseconds` have passed or the solve is finished.
   *
   * @param thread number of this thread, from 1
   * @returns false when there is nothing left to help with
   */
  help(thread: number, milliseconds: number): boolean {
    const until = performance.now() + milliseconds;
    Atomics.or(this.#control, WORD.helpers, 1 << thread);
    while (!this.#finished() && performance.now() < until) {
      const phase = Atomics.load(this.#control, WORD.phase) as Phase;
      if (!this.#step(phase)) Atomics.wait(this.#control, WORD.finished, 0, IDLE_MS);
    }
    if (this.#finished()) known = undefined;
    return !this.#finished();
  }

  finish(): void {
    Atomics.store(this.#control, WORD.finished, 1);
    Atomics.notify(this.#control, WORD.finished);
    known = undefined;
  }

  #finished(): boolean {
    return Atomics.load(this.#control, WORD.finished) === 1;
  }

  #streams(phase: Phase): number[] {
    const { first, count } = STREAMS[phase];
    return Array.from({ length: count }, (_, index) => first + index);
  }

  #load(stream: number, word: number): number {
    return Atomics.load(this.#control, WORD.streams + stream * STREAM.words + word);
  }

  #store(stream: number, word: number, value: number): void {
    Atomics.store(this.#control, WORD.streams + stream * STREAM.words + word, value);
  }

  /** Nothing is left to do and nobody is at work. */
  #settled(phase: Phase): boolean {
    return this.#streams(phase).every(
      (stream) =>
        this.#load(stream, STREAM.busy) === 0 && this.#load(stream, STREAM.done) >= this.#load(stream, STREAM.wanted),
    );
  }

  /** One deal of the stream that is furthest behind; false when there is none to do. */
  #step(phase: Phase): boolean {
    const behind = this.#streams(phase).sort((a, b) => this.#load(a, STREAM.done) - this.#load(b, STREAM.done));
    for (const stream of behind) {
      const busy = WORD.streams + stream * STREAM.words + STREAM.busy;
      if (Atomics.compareExchange(this.#control, busy, 0, 1) !== 0) continue;
      try {
        const done = this.#load(stream, STREAM.done);
        if (done >= this.#load(stream, STREAM.wanted)) continue;
        this.#play(phase, stream, done);
        this.#store(stream, STREAM.done, done + 1);
        return true;
      } catch (error) {
        if (!(error instanceof SolveCancelled)) Atomics.store(this.#control, WORD.failed, 1);
        throw error;
      } finally {
        Atomics.store(this.#control, busy, 0);
      }
    }
    return false;
  }

  #play(phase: Phase, stream: number, done: number): void {
    const index = stream - STREAMS[phase].first;
    if (phase === PHASE.train) this.work.train(index, done);
    else if (phase === PHASE.respond) this.work.respond(index % 2 === 0 ? 0 : 1, index >> 1, stream, this.#goOn);
    else if (phase === PHASE.measure) this.work.measure(index, stream, done);
    else if (phase === PHASE.hero) this.work.measureHero(index, stream, done);
    else if (phase === PHASE.answer) this.work.learnAnswer(index === 0 ? 0 : 1, stream, done);
    else this.work.measureGains(index, stream, done);
  }
}

/** Tells the leader of a solve that a helper's thread died, which may have left a deal half done. */
export function reportLostSampler({ control }: SampledGame): void {
  Atomics.store(new Int32Array(control), WORD.failed, 1);
}
