/** What one group of tasks may take of a worker's slots. */
export interface SlotShare {
  /** Most slots at once. Default: all. */
  readonly limit?: number;
  /** Slots that the group never takes, so that other tasks find one; one slot it may take always. Default 0. */
  readonly leaves?: number;
}

/** Slots of a worker, and what the groups of its tasks may take of them. */
export class Slots {
  /** Tasks that belong to no group: they may take every slot. */
  readonly ungrouped: SlotGroup;
  readonly #groups: ReadonlyMap<string, SlotGroup>;
  readonly #onChange: () => void;
  #used = 0;
  #turn = 0;
  #lastStartMs = Number.NEGATIVE_INFINITY;

  /** @param onChange called when slots were taken, came free or changed in number */
  constructor(
    public limit: number,
    shares: Readonly<Record<string, SlotShare>> = {},
    onChange: () => void = () => undefined,
  ) {
    this.#onChange = onChange;
    this.ungrouped = new SlotGroup(this, {});
    this.#groups = new Map(Object.entries(shares).map(([name, share]) => [name, new SlotGroup(this, share)]));
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    let waiting = this.ungrouped.waiting;
    for (const group of this.#groups.values()) waiting += group.waiting;
    return waiting;
  }

  /** When a slot was last taken, by `performance.now()`. */
  get lastStartMs(): number {
    return this.#lastStartMs;
  }

  /** Groups with a share of their own, by name. */
  get groups(): ReadonlyMap<string, SlotGroup> {
    return this.#groups;
  }

  /** Changes the number of slots; those in use beyond it run out. */
  resize(limit: number): void {
    this.limit = limit;
    this.#wake();
    this.#onChange();
  }

  /** Only {@link SlotGroup} calls this. */
  take(): void {
    this.#used += 1;
    this.#lastStartMs = performance.now();
    this.#onChange();
  }

  /** Only {@link SlotGroup} calls this. */
  release(): void {
    this.#used -= 1;
    this.#wake();
    this.#onChange();
  }

  /** Only {@link SlotGroup} calls this: who asks earlier has the smaller number. */
  nextTurn(): number {
    return this.#turn++;
  }

  /** Starts what waits, as far as there are slots: first come, first served among those whose group may take one. */
  #wake(): void {
    const groups = [this.ungrouped, ...this.#groups.values()];
    for (;;) {
      const ready = groups.filter((group) => group.firstTurn !== null && group.free > 0);
      if (ready.length === 0) return;
      ready.reduce((first, group) => (Number(group.firstTurn) < Number(first.firstTurn) ? group : first)).startNext();
    }
  }
}

interface Waiter {
  readonly turn: number;
  readonly start: () => void;
}

/** The tasks of one group: they run as long as both the group and the worker have a slot. */
export class SlotGroup {
  readonly #slots: Slots;
  readonly #share: SlotShare;
  /** In the order of asking. */
  readonly #waiting = new Set<Waiter>();
  #used = 0;
  #started = 0;
  #lastStartMs = Number.NEGATIVE_INFINITY;

  constructor(slots: Slots, share: SlotShare) {
    this.#slots = slots;
    this.#share = share;
  }

  /** Most slots that the group may take now. */
  get limit(): number {
    const { limit = Number.POSITIVE_INFINITY, leaves = 0 } = this.#share;
    return Math.max(1, Math.min(limit, this.#slots.limit - leaves));
  }

  get used(): number {
    return this.#used;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Tasks of the group that could start now. */
  get free(): number {
    return Math.max(0, Math.min(this.limit - this.#used, this.#slots.limit - this.#slots.used));
  }

  /** Tasks of the group that have got a slot. */
  get started(): number {
    return this.#started;
  }

  /** Since when no task of the group could start, by `performance.now()`; null when one could now. */
  get fullSinceMs(): number | null {
    if (this.free > 0) return null;
    return this.#used >= this.limit ? this.#lastStartMs : this.#slots.lastStartMs;
  }

  /** Place of the one that has waited longest; null when none waits. */
  get firstTurn(): number | null {
    for (const { turn } of this.#waiting) return turn;
    return null;
  }

  /** Calls `start` with a slot taken: now when one is free, else when its turn comes. @returns what gives up the wait */
  acquire(start: () => void): () => void {
    if (this.free > 0) {
      this.#take();
      start();
      return () => undefined;
    }
    const waiter = { turn: this.#slots.nextTurn(), start };
    this.#waiting.add(waiter);
    return () => this.#waiting.delete(waiter);
  }

  release(): void {
    this.#used -= 1;
    this.#slots.release();
  }

  /** Gives a free slot to the one that has waited longest. */
  startNext(): void {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter);
      this.#take();
      waiter.start();
      return;
    }
  }

  #take(): void {
    this.#used += 1;
    this.#started += 1;
    this.#lastStartMs = performance.now();
    this.#slots.take();
  }
}
