import { Choice } from "../../ui.js";
import { type FlopFilter, PAIRINGS, SUIT_PATTERNS } from "./flops.js";

/** Which flops are shown: by cards, suits and pairs. */
export function FlopFilterFields({
  filter,
  twoBoards,
  problem,
  onChange,
}: {
  readonly filter: FlopFilter;
  readonly twoBoards: boolean;
  readonly problem: string | null;
  readonly onChange: (filter: FlopFilter) => void;
}) {
  return (
    <search class="filter">
      <label>
        <span>Flops with</span>
        <input
          value={filter.cards}
          placeholder="A, KK, Kh7"
          spellcheck={false}
          aria-invalid={problem !== null}
          onInput={(event) => onChange({ ...filter, cards: event.currentTarget.value })}
        />
        {problem !== null && <span class="error-text">{problem}</span>}
      </label>
      {!twoBoards && (
        <>
          <Choice
            name="Suits"
            value={filter.suits}
            options={SUIT_PATTERNS}
            onChange={(suits) => onChange({ ...filter, suits })}
          />
          <Choice
            name="Pairs"
            value={filter.pairing}
            options={PAIRINGS}
            onChange={(pairing) => onChange({ ...filter, pairing })}
          />
        </>
      )}
    </search>
  );
}
