import { useEffect, useMemo, useState } from "preact/hooks";
import { Cards, cardsOf } from "../cards.js";
import { chips, percent, plural } from "../format.js";
import { actionText, actionTones, type DecisionNode, type Solution } from "./solution.js";

type Range = NonNullable<Solution["ranges"]>[string];

const SHOWN = 100;
const TYPING_MS = 150;

/** Every hand of the player's range with what it does, and what that is worth where the answer says it. */
export function Combos({
  node,
  range,
  boards,
}: {
  readonly node: DecisionNode;
  readonly range: Range | undefined;
  /** As they lie at the node: one, or two. */
  readonly boards: readonly (readonly string[])[];
}) {
  const combos = range?.combos ?? [];
  const { strategy, combo_ev: evs, actions } = node;
  const [filter, setFilter] = useState("");
  const [order, setOrder] = useState<{ readonly by: number; readonly isUp: boolean }>({ by: -1, isUp: true });
  const [shown, setShown] = useState(SHOWN);
  const { test, problem } = useRangeTest(filter, combos[0]?.length ?? 8, boards);
  const rows = useMemo(() => {
    const found = combos.flatMap((hand, index) => (test === null || test(hand) ? [index] : []));
    // Combos stand strongest first.
    if (order.by < 0) return order.isUp ? found : found.reverse();
    const value = (index: number) => strategy?.[order.by]?.[index] ?? 0;
    return found.sort((one, other) => (order.isUp ? value(one) - value(other) : value(other) - value(one)));
  }, [combos, test, order, strategy]);
  if (strategy === undefined || combos.length === 0) return null;
  const tones = actionTones(actions);
  const sortBy = (by: number) => setOrder({ by, isUp: order.by === by ? !order.isUp : by < 0 });
  const arrow = (by: number) => (order.by !== by ? "" : order.isUp ? " ▲" : " ▼");
  const direction = (by: number) => (order.by !== by ? "none" : order.isUp ? "ascending" : "descending");
  return (
    <details class="twin" open>
      <summary>Hands one by one</summary>
      <label class="range">
        <span>Only hands such as</span>
        <input
          value={filter}
          placeholder="AA, KK:ds, JT98, As, @set"
          spellcheck={false}
          aria-invalid={problem !== null}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
        <span role="status" class={problem === null ? "quiet" : "error-text"}>
          {problem ?? `${rows.length.toLocaleString("en")} of ${plural(combos.length, "hand")}`}
        </span>
      </label>
      <section class="scrolls" tabIndex={0} aria-label="Hands one by one">
        <table class="combos">
          <thead>
            <tr>
              <th scope="col" aria-sort={direction(-1)}>
                <button type="button" class="plain" onClick={() => sortBy(-1)}>
                  Hand, by strength{arrow(-1)}
                </button>
              </th>
              <th scope="col">Play</th>
              {actions.map((action, by) => (
                <th scope="col" key={actionText(action)} aria-sort={direction(by)}>
                  <button type="button" class="plain" onClick={() => sortBy(by)}>
                    {actionText(action)}
                    {arrow(by)}
                  </button>
                </th>
              ))}
              <th scope="col">Weight</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((index) => (
              <tr key={combos[index]}>
                <td>
                  <Cards cards={cardsOf(combos[index])} size="small" />
                </td>
                <td>
                  <Mix parts={strategy.map((frequencies) => frequencies[index] ?? 0)} tones={tones} />
                </td>
                {actions.map((action, by) => (
                  <td class="number" key={actionText(action)}>
                    {percent(strategy[by]?.[index] ?? 0)}
                    {evs !== undefined && <span class="quiet"> EV {chips(evs[by]?.[index])}</span>}
                  </td>
                ))}
                <td class="number quiet">{range?.weights?.[index]?.toFixed(2) ?? "1"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {rows.length > shown && (
        <button type="button" onClick={() => setShown(shown + 10 * SHOWN)}>
          Show more
        </button>
      )}
    </details>
  );
}

/** Frequencies as one small bar; the numbers stand beside it. */
export function Mix({ parts, tones }: { readonly parts: readonly number[]; readonly tones: readonly string[] }) {
  return (
    <span class="mix" aria-hidden="true">
      {parts.map((part, index) => (
        <span key={tones[index]} class={`back-${tones[index]}`} style={{ width: `${part * 100}%` }} />
      ))}
    </span>
  );
}

interface Filter {
  readonly test: ((hand: string) => boolean) | null;
  readonly problem: string | null;
}

/** The worker's own test for range notation, loaded when somebody types. @param length letters of a hand */
function useRangeTest(text: string, length: number, boards: readonly (readonly string[])[]): Filter {
  const boardText = boards.map((cards) => cards.join("")).join("/");
  const [filter, setFilter] = useState<Filter>({ test: null, problem: null });
  useEffect(() => {
    if (text.trim() === "") return setFilter({ test: null, problem: null });
    let wanted = true;
    const timer = setTimeout(async () => {
      const { rangeTest } = await import("../ranges.js");
      try {
        const test = rangeTest(text, length / 2, boardText.split("/").map(cardsOf));
        if (wanted) setFilter({ test, problem: null });
      } catch (error) {
        if (wanted) setFilter({ test: null, problem: error instanceof Error ? error.message : String(error) });
      }
    }, TYPING_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [text, length, boardText]);
  return filter;
}
