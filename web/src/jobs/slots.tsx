import { useState } from "preact/hooks";
import { CardPicker, Cards } from "../cards.js";

/** A place for cards. */
export interface Slot {
  readonly name: string;
  readonly cards: readonly string[];
  readonly most: number;
  readonly onChange: (cards: string[]) => void;
}

/** Places for cards and one deck: a click on a place chooses it, a click on a card puts it there. */
export function Slots({ slots }: { readonly slots: readonly Slot[] }) {
  const [chosen, setChosen] = useState(0);
  const index = Math.min(chosen, slots.length - 1);
  const slot = slots[index];
  const taken = new Set(slots.flatMap(({ cards }) => cards));
  return (
    <>
      <div class="slots">
        {slots.map(({ name, cards, most }, place) => (
          <button type="button" class="slot" key={name} aria-pressed={place === index} onClick={() => setChosen(place)}>
            <span>{name}</span>
            {cards.length > 0 ? (
              <Cards cards={cards} />
            ) : (
              <span class="quiet">{most === 5 ? "to come" : "unknown"}</span>
            )}
          </button>
        ))}
      </div>
      {slot !== undefined && (
        <CardPicker
          label={slot.name}
          cards={slot.cards}
          most={slot.most}
          taken={taken}
          onChange={(cards) => {
            slot.onChange(cards);
            // The next hand that is empty follows a full one.
            const next = slots.findIndex((other, place) => place > index && other.cards.length === 0);
            if (cards.length === slot.most && next >= 0) setChosen(next);
          }}
        />
      )}
    </>
  );
}
