import { useId } from "preact/hooks";

export const RANKS = "AKQJT98765432";
export const SUITS = "shdc";
const SYMBOLS: Readonly<Record<string, string>> = { s: "♠", h: "♥", d: "♦", c: "♣" };
const NAMES: Readonly<Record<string, string>> = { s: "spades", h: "hearts", d: "diamonds", c: "clubs" };

/** `AsKd` or `["As", "", "10h"]` as cards such as `Th`; what is no card is left out. */
export function cardsOf(value: unknown): string[] {
  const text = Array.isArray(value) ? value.filter((part) => typeof part === "string").join(" ") : value;
  if (typeof text !== "string") return [];
  return [...text.matchAll(/(10|[2-9tjqka])([shdc♠♥♦♣])/giu)].map(([, rank = "", suit = ""]) => {
    const letter = Object.entries(SYMBOLS).find(([, symbol]) => symbol === suit)?.[0] ?? suit.toLowerCase();
    return `${rank === "10" ? "T" : rank.toUpperCase()}${letter}`;
  });
}

/** `A♠`. */
export function cardText(card: string): string {
  return `${card[0] ?? ""}${SYMBOLS[card[1] ?? ""] ?? ""}`;
}

/** Cards beside each other. */
export function Cards({ cards, size = "" }: { readonly cards: readonly string[]; readonly size?: "" | "small" }) {
  return (
    <span class={`cards ${size}`}>
      {cards.map((card, index) => (
        <span class={`card suit-${card[1]}`} key={index}>
          {cardText(card)}
        </span>
      ))}
    </span>
  );
}

interface PickerProps {
  readonly label: string;
  readonly cards: readonly string[];
  readonly most: number;
  /** Cards that lie elsewhere. */
  readonly taken: ReadonlySet<string>;
  readonly onChange: (cards: string[]) => void;
}

/** The deck: a click takes a card or puts it back. */
export function CardPicker({ label, cards, most, taken, onChange }: PickerProps) {
  const name = useId();
  const toggle = (card: string) => {
    if (cards.includes(card)) onChange(cards.filter((other) => other !== card));
    else if (cards.length < most) onChange([...cards, card]);
  };
  return (
    <fieldset class="picker" aria-labelledby={name}>
      <legend id={name}>
        {label} <span class="quiet">{`${cards.length} of ${most}`}</span>
      </legend>
      {[...SUITS].map((suit) => (
        <div class="picker-row" key={suit}>
          {[...RANKS].map((rank) => {
            const card = `${rank}${suit}`;
            const isChosen = cards.includes(card);
            return (
              <button
                type="button"
                key={card}
                class={`pick suit-${suit}`}
                aria-label={`${rank} of ${NAMES[suit]}`}
                aria-pressed={isChosen}
                disabled={!isChosen && (taken.has(card) || cards.length >= most)}
                onClick={() => toggle(card)}
              >
                {cardText(card)}
              </button>
            );
          })}
        </div>
      ))}
    </fieldset>
  );
}
