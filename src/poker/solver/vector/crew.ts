import { dealScales } from "./deal-schedule.js";
import type { WalkMode, WalkSettings } from "./passes.js";
import type { SharedGame } from "./shared-game.js";
import { Walker } from "./walker.js";

/** How a solver in another thread is told to end: not at all, after the present iteration, or at once. */
export const STOP = { none: 0, soon: 1, now: 2 } as const;

/** Words of the control block. */
const WORD = {
  sequence: 0,
  pass: 1,
  tasks: 2,
  next: 3,
  done: 4,
  finished: 5,
  seat: 6,
  mode: 7,
  failed: 8,
  /** One bit for each thread that has helped. */
  helpers: 9,
} as const;
const CONTROL_WORDS = 16;
const NUMBERS = 8;

const PASS = { down: 0, across: 1, up: 2 } as const;
type Pass = (typeof PASS)[keyof typeof PASS];
const MODES: readonly WalkMode[] = ["train", "best-response", "average", "continue"];

/** Hands one task takes in the down and up passes. */
const HANDS_PER_TASK = 256;
/** Root-street work (hands × lanes) below which a helper costs more than it saves. */
const MIN_SHARED_WORK = 40_000;
const SPINS = 2000;
/** Walks after which the slower way, alone or shared, is tried again. */
const TRY_OTHER_EVERY = 16;
/** A helper that finishes nothing for this long is taken for dead. */
const HELPER_SILENCE_MS = 60_000;

/**
 * Spreads the passes of a walk over the threads at hand. One thread leads; helpers may come and go between passes, and
 * none is needed. Tasks write to places of their own and sums are taken in a fixed order, so results do not depend on
 * who did what.
 */
export class Crew {
  readonly #shared: SharedGame;
  readonly #thread: number;
  readonly #control: Int32Array;
  readonly #numbers: Float64Array;
  readonly settings: WalkSettings;
  /** Whether whole walks that measure are in single precision; those of one street are not. */
  measuresSingly = false;
  readonly #walker: Walker;
  /** Milliseconds that walks of training took lately: alone, shared. Walks that measure take others. */
  readonly #durations: [number, number] = [Number.NaN, Number.NaN];
  #shares = false;
  #walks = 0;

  /** @param stop asked within passes: true abandons the walk */
  constructor(shared: SharedGame, thread: number, stop: () => boolean) {
    const { buffer } = shared.memory;
    this.#shared = shared;
    this.#thread = thread;
    this.#control = new Int32Array(buffer, shared.layout.control, CONTROL_WORDS);
    this.#numbers = new Float64Array(buffer, shared.layout.control + CONTROL_WORDS * 4, NUMBERS);
    this.settings = {
      seat: 0,
      mode: "train",
      positiveDiscount: 1,
      negativeDiscount: 1,
      sumWeight: 1,
      leastReach: 0,
      single: false,
      chanceScale: dealScales(shared),
    };
    this.#walker = new Walker(shared, thread, this.settings, () => stop() || this.#finished());
  }

  /** Helpers that have joined at least once. */
  get helpers(): number {
    let joined = 0;
    for (let set = Atomics.load(this.#control, WORD.helpers); set !== 0; set &= set - 1) joined++;
    return joined;
  }

  /** Walks the tree for one seat; the hands' values stand in the shared root results afterwards. */
  walk(seat: 0 | 1, mode: WalkMode): void {
    this.settings.seat = seat;
    this.settings.mode = mode;
    this.settings.single = this.measuresSingly;
    this.#shares = this.#chooseSharing();
    const before = performance.now();
    for (const pass of [PASS.down, PASS.across, PASS.up]) this.#lead(pass);
    if (this.helpers > 0 && mode === "train") this.#noteDuration(performance.now() - before);
  }

  /**
   * Whether this walk is shared with the helpers: whichever was faster lately. On a machine with other work, waiting
   * for a helper that is not scheduled can cost more than it brings. The choice changes no result.
   */
  #chooseSharing(): boolean {
    if (this.helpers === 0) return false;
    const [alone, shared] = this.#durations;
    if (Number.isNaN(shared)) return true;
    if (this.settings.mode !== "train") return !(shared > alone);
    if (Number.isNaN(alone)) return false;
    this.#walks++;
    return this.#walks % TRY_OTHER_EVERY === 0 ? shared > alone : shared <= alone;
  }

  #noteDuration(milliseconds: number): void {
    const at = this.#shares ? 1 : 0;
    const known = this.#durations[at];
    this.#durations[at] = Number.isNaN(known) ? milliseconds : known * 0.7 + milliseconds * 0.3;
  }

  /** Leaf reach of average play and values of going on, of one street on one runout; see {@link Walker.probe}. */
  probe(
    seat: 0 | 1,
    deals: readonly number[],
    mode: WalkMode,
  ): { readonly reach: Float64Array; readonly values: Float64Array } {
    if (deals.length === 0) {
      this.walk(seat, mode);
      return this.#walker.rootMatrices();
    }
    this.settings.seat = seat;
    this.settings.mode = mode;
    this.settings.single = false;
    return this.#walker.probe(deals);
  }

  /** See {@link Walker.rootValues}. */
  rootValues(): Float64Array {
    return this.#walker.rootValues();
  }

  /** See {@link Walker.showdownSums}. */
  showdownSums(seat: 0 | 1): Float64Array {
    this.settings.seat = seat;
    return this.#walker.showdownSums();
  }

  /** Ends the helpers' work: they return from {@link help}. */
  finish(): void {
    Atomics.store(this.#control, WORD.finished, 1);
    Atomics.notify(this.#control, WORD.sequence);
  }

  /**
   * Helps the leader until `milliseconds` have passed or the solve is finished.
   * @returns false when there is nothing left to help with
   */
  help(milliseconds: number): boolean {
    const until = Date.now() + milliseconds;
    Atomics.or(this.#control, WORD.helpers, 1 << this.#thread);
    while (!this.#finished() && Date.now() < until) {
      const sequence = Atomics.load(this.#control, WORD.sequence);
      this.#readSettings();
      const pass = this.#control[WORD.pass] as Pass;
      const tasks = this.#control[WORD.tasks];
      this.#work(sequence, pass, tasks);
      for (let spin = 0; spin < SPINS && Atomics.load(this.#control, WORD.sequence) === sequence; spin++);
      Atomics.wait(this.#control, WORD.sequence, sequence, 20);
    }
    return !this.#finished();
  }

  #finished(): boolean {
    return Atomics.load(this.#control, WORD.finished) === 1;
  }

  #tasks(pass: Pass): number {
    const { seat } = this.settings;
    const counted = pass === PASS.down ? (seat === 0 ? 1 : 0) : seat;
    if (pass !== PASS.across) return Math.ceil(this.#shared.hands[counted].count / HANDS_PER_TASK);
    return this.#walker.tasksAcross;
  }

  #lead(pass: Pass): void {
    const control = this.#control;
    const tasks = this.#tasks(pass);
    const block = this.#shared.blocks[0];
    const work = (this.#shared.hands[0].count + this.#shared.hands[1].count) * block.laneCount;
    if (!this.#shares || tasks < 2 || (this.#shared.blocks.length === 1 && work < MIN_SHARED_WORK)) {
      for (let task = 0; task < tasks; task++) this.#execute(pass, task);
      return;
    }
    const sequence = Atomics.load(control, WORD.sequence) + 1;
    this.#writeSettings();
    control[WORD.pass] = pass;
    control[WORD.tasks] = tasks;
    Atomics.store(control, WORD.done, 0);
    Atomics.store(control, WORD.next, sequence << 16);
    Atomics.store(control, WORD.sequence, sequence);
    Atomics.notify(control, WORD.sequence);
    this.#work(sequence, pass, tasks);
    this.#awaitHelpers(tasks);
  }

  /**
   * Claims and runs tasks of pass number `sequence`. The counter carries the pass number in its upper half, so a helper
   * that comes late from the pass before can claim nothing.
   */
  #work(sequence: number, pass: Pass, tasks: number): void {
    const control = this.#control;
    for (;;) {
      const ticket = Atomics.load(control, WORD.next);
      const task = ticket & 0xffff;
      if (ticket - task !== sequence << 16 || task >= tasks) return;
      if (Atomics.compareExchange(control, WORD.next, ticket, ticket + 1) !== ticket) continue;
      try {
        this.#execute(pass, task);
      } catch (error) {
        Atomics.store(control, WORD.failed, 1);
        throw error;
      } finally {
        Atomics.add(control, WORD.done, 1);
        Atomics.notify(control, WORD.done);
      }
    }
  }

  #awaitHelpers(tasks: number): void {
    const control = this.#control;
    let seen = -1;
    let since = Date.now();
    for (let spin = 0; ; spin++) {
      const done = Atomics.load(control, WORD.done);
      if (done >= tasks) break;
      if (done !== seen) {
        seen = done;
        since = Date.now();
      }
      if (Atomics.load(control, WORD.failed) === 1 || Date.now() - since > HELPER_SILENCE_MS) break;
      if (spin > SPINS) Atomics.wait(control, WORD.done, done, 20);
    }
    if (Atomics.load(control, WORD.done) < tasks || Atomics.load(control, WORD.failed) === 1) {
      throw new Error("a helping thread of the solver was lost");
    }
  }

  #execute(pass: Pass, task: number): void {
    const walker = this.#walker;
    if (pass === PASS.across) {
      walker.rootAcross(task);
      return;
    }
    const { seat } = this.settings;
    const { count } = this.#shared.hands[pass === PASS.up ? seat : seat === 0 ? 1 : 0];
    const from = task * HANDS_PER_TASK;
    const to = Math.min(count, from + HANDS_PER_TASK);
    if (pass === PASS.down) walker.rootDown(from, to);
    else walker.rootUp(from, to);
  }

  #writeSettings(): void {
    const { settings } = this;
    this.#control[WORD.seat] = settings.seat;
    this.#control[WORD.mode] = MODES.indexOf(settings.mode);
    const { positiveDiscount, negativeDiscount, sumWeight, leastReach, single } = settings;
    this.#numbers.set([positiveDiscount, negativeDiscount, sumWeight, leastReach, single ? 1 : 0]);
  }

  #readSettings(): void {
    const { settings } = this;
    settings.seat = this.#control[WORD.seat] === 0 ? 0 : 1;
    settings.mode = MODES[this.#control[WORD.mode]] ?? "train";
    const [positive = 1, negative = 1, sum = 1, leastReach = 0, single = 0] = this.#numbers;
    settings.positiveDiscount = positive;
    settings.negativeDiscount = negative;
    settings.sumWeight = sum;
    settings.leastReach = leastReach;
    settings.single = single === 1;
  }
}

/** Tells the leader of a solve that a helper's thread died, which would otherwise be waited for. */
export function reportLostHelper(shared: SharedGame): void {
  const control = new Int32Array(shared.memory.buffer, shared.layout.control, CONTROL_WORDS);
  Atomics.store(control, WORD.failed, 1);
  Atomics.notify(control, WORD.done);
}
