import { isRecord, nearest } from "../../celery/values.js";
import { JobInputError } from "../../jobs/errors.js";
import { type BetSize, type StreetSizes, sizeText } from "../../poker/solver/betting/size-menu.js";
import type { AskedSizes } from "../../poker/solver/spot/spot.js";
import { DEFAULT_BET_SIZES, type SolverInputData } from "./input-schema.js";
import { MOST_SIZES, STREETS } from "./sizes-schema.js";

/** The sizes of a job. */
export interface SizesRead {
  /** Fractions, for everyone on every street. */
  readonly betSizes: readonly number[];
  /** What goes by street or player in their place. */
  readonly sizes: AskedSizes | null;
  /** What was not used or had to be assumed, one sentence each. */
  readonly notes: readonly string[];
}

/** Where sizes are read for. */
interface Place {
  /** 0 preflop … 3 river. */
  readonly street: number;
  readonly players: readonly number[];
}

type Keys = "bet_sizes" | "raise_sizes" | "donk_sizes";

const FORM =
  'a list such as [0.5, 1], "geometric", {"geometric": 2} or "none", for all or by street ({"flop": [0.5], "turn": {"0": [1], "1": "none"}}) or by player ({"0": [0.5], "1": [1]})';

/** @throws JobInputError that names the place and the form to write */
export function readSizes(data: SolverInputData, place: Place): SizesRead {
  const bets = new SizeTable("bet_sizes", data.bet_sizes, place);
  const raises = new SizeTable("raise_sizes", data.raise_sizes, place);
  const donks = new SizeTable("donk_sizes", data.donk_sizes, place);
  if (bets.flat?.length === 0) throw new JobInputError("bet_sizes: one to six sizes are expected, not []");
  const notes = [...bets.notes(), ...raises.notes(), ...donks.notes(), ...aggressorNotes(data, place)];
  const plain = bets.isAbsent ? DEFAULT_BET_SIZES : bets.fractions;
  if (plain && raises.isAbsent && donks.isAbsent && data.all_in_threshold == null) {
    return { betSizes: [...plain].sort((a, b) => a - b), sizes: null, notes };
  }
  const byStreet = STREETS.slice(place.street).map((_, offset): StreetSizes => {
    const street = place.street + offset;
    const bySeat = (table: SizeTable, other: (player: number) => readonly BetSize[]) =>
      place.players.map((player) => table.at(street, player) ?? other(player));
    const betsOf = (player: number) => bets.at(street, player) ?? DEFAULT_BET_SIZES;
    return { bets: bySeat(bets, betsOf), raises: bySeat(raises, betsOf), donks: bySeat(donks, betsOf) };
  });
  const all = byStreet.flatMap((menu) => [menu.bets, menu.raises, menu.donks].flat(2));
  return {
    betSizes: [...new Set(all.filter((size) => typeof size === "number"))].sort((a, b) => a - b),
    sizes: { byStreet, allInFrom: data.all_in_threshold ?? null },
    notes,
  };
}

function aggressorNotes(data: SolverInputData, { players }: Place): string[] {
  const { last_aggressor: player, donk_sizes: donks } = data;
  if (player == null) return [];
  if (donks == null) return ["last_aggressor is not used: it says where donk_sizes are offered, and there are none"];
  if (players.includes(player)) return [];
  if (player < data.stack_sizes.length) return [`player ${player} bet last on the street before and has folded`];
  throw new JobInputError(`last_aggressor: there is no player ${player}: active_players are [${players.join(", ")}]`);
}

/** What one key says of each street and player. */
class SizeTable {
  /** Sizes by street and player; what is not there is not said. */
  readonly #found = new Map<string, readonly BetSize[]>();
  readonly #unused: string[] = [];
  /** Sizes that hold for all. */
  readonly flat: readonly BetSize[] | null = null;
  readonly isAbsent: boolean;

  constructor(
    readonly key: Keys,
    value: unknown,
    private readonly place: Place,
  ) {
    this.isAbsent = value === undefined || value === null;
    if (this.isAbsent) return;
    if (isSizeList(value)) {
      this.flat = readList(value, key);
      for (const [street] of STREETS.entries())
        for (const player of place.players) this.#set(street, player, this.flat);
    } else this.#readObject(value);
  }

  /** Fractions that hold for all; null where there are others, or they differ. */
  get fractions(): readonly number[] | null {
    if (this.flat === null) return null;
    const fractions = this.flat.filter((size) => typeof size === "number");
    return fractions.length === this.flat.length ? fractions : null;
  }

  at(street: number, player: number): readonly BetSize[] | undefined {
    return this.#found.get(`${street} ${player}`);
  }

  /** Streets and players that are left out, and those that play no part. */
  notes(): string[] {
    if (this.isAbsent || this.flat !== null) return this.#unused;
    const { street, players } = this.place;
    const missing = STREETS.slice(street).flatMap((word, offset) =>
      players.filter((player) => this.at(street + offset, player) === undefined).map((player) => ({ word, player })),
    );
    const otherwise =
      this.key === "bet_sizes"
        ? `${DEFAULT_BET_SIZES.map(sizeText).join(", ")} of the pot are offered there`
        : "bet_sizes hold there";
    const streets = [...new Set(missing.map(({ word }) => word))].map((word) => {
      const who = missing.filter((each) => each.word === word).map(({ player }) => player);
      return who.length === players.length ? word : `${word} for player ${who.join(", ")}`;
    });
    const left = streets.length > 0 ? [`${this.key} does not name the ${streets.join(", the ")}: ${otherwise}`] : [];
    return [...this.#unused, ...left];
  }

  #set(street: number, player: number, sizes: readonly BetSize[]): void {
    this.#found.set(`${street} ${player}`, sizes);
  }

  #readObject(value: unknown): void {
    const { key } = this;
    if (!isRecord(value) || Object.keys(value).length === 0) throw refusal(key, value);
    for (const [name, within] of entries(value)) {
      const street = this.#street(name, key);
      if (isSizeList(within)) {
        this.#spread(street, street === null ? Number(name) : null, readList(within, `${key}.${name}`));
        continue;
      }
      if (!isRecord(within) || Object.keys(within).length === 0) throw refusal(`${key}.${name}`, within);
      for (const [inner, sizes] of entries(within)) {
        const place = `${key}.${name}.${inner}`;
        const other = this.#street(inner, `${key}.${name}`);
        if ((street === null) === (other === null)) throw refusal(`${key}.${name}`, within);
        const player = Number(street === null ? name : inner);
        this.#spread(street ?? other, player, readList(sizes, place));
      }
    }
    const kinds = new Set(
      Object.keys(value)
        .filter(isNoComment)
        .map((name) => /^\d+$/.test(name)),
    );
    if (kinds.size > 1) throw new JobInputError(`${key}: name streets or players, not both beside each other: ${FORM}`);
  }

  /** The street of a name; null for a player. */
  #street(name: string, place: string): number | null {
    const street = STREETS.indexOf(name as "river");
    if (street >= 0) {
      if (street < this.place.street)
        this.#unused.push(`${this.key}.${name} is not used: the spot is on the ${STREETS[this.place.street]}`);
      return street;
    }
    const { players } = this.place;
    if (/^\d+$/.test(name)) {
      if (players.includes(Number(name))) return null;
      throw new JobInputError(
        `${place}.${name}: there is no player ${name}: active_players are [${players.join(", ")}]`,
      );
    }
    throw new JobInputError(
      `${place}.${name} is neither a street nor a player: did you mean ${nearest(name, [...STREETS])}? Players are [${players.join(", ")}]`,
    );
  }

  /** Sets sizes of one street and player, or of all (null). */
  #spread(street: number | null, player: number | null, sizes: readonly BetSize[]): void {
    for (const at of street === null ? STREETS.keys() : [street])
      for (const who of player === null ? this.place.players : [player]) this.#set(at, who, sizes);
  }
}

const isNoComment = (key: string): boolean => !key.startsWith("_");

const entries = (value: Readonly<Record<string, unknown>>): [string, unknown][] =>
  Object.entries(value).filter(([key]) => isNoComment(key));

function isSizeList(value: unknown): boolean {
  return !isRecord(value) || "geometric" in value;
}

function refusal(place: string, value: unknown): JobInputError {
  return new JobInputError(`${place}: sizes are ${FORM}, not ${JSON.stringify(value)}`);
}

function readList(value: unknown, place: string): BetSize[] {
  if (value === "none") return [];
  const list = Array.isArray(value) ? value : [value];
  if (list.length > MOST_SIZES) throw new JobInputError(`${place}: at most six sizes are allowed, not ${list.length}`);
  const sizes = list.map((each, index) => readSize(each, Array.isArray(value) ? `${place}.${index}` : place));
  const known = new Set<string>();
  return sizes.filter((size) => {
    const key = JSON.stringify(size);
    return !known.has(key) && known.add(key);
  });
}

function readSize(value: unknown, place: string): BetSize {
  if (value === "geometric") return { geometric: null };
  if (isRecord(value)) {
    const streets = Number(value.geometric);
    if (Object.keys(value).length === 1 && Number.isInteger(streets) && streets >= 1 && streets <= STREETS.length)
      return { geometric: streets };
    throw new JobInputError(
      `${place}: {"geometric": n} takes a whole number of streets from 1 to 4, not ${JSON.stringify(value)}`,
    );
  }
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || Number.isNaN(number)) throw refusal(place, value);
  if (!(number > 0)) throw new JobInputError(`${place}: a size must be above 0, not ${JSON.stringify(value)}`);
  if (number <= 1) return number;
  const meant = number >= 5 && number <= 100 ? ` (${number} % is written ${number / 100})` : "";
  throw new JobInputError(
    `${place}: pot limit allows no bet above the pot after the call: a size is a fraction of it, at most 1${meant}, not ${JSON.stringify(value)}`,
  );
}
