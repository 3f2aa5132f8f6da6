import { useEffect, useId, useState } from "preact/hooks";
import { plural } from "../format.js";
import type { RangeCount } from "../ranges.js";

interface RangeInputProps {
  readonly label: string;
  readonly value: string;
  readonly handSize: number;
  /** Cards that no hand may hold. */
  readonly dead: readonly string[];
  readonly onInput: (text: string) => void;
}

const TYPING_MS = 120;

/** Range notation, with how many hands it means or where it is wrong, as one types. */
export function RangeInput({ label, value, handSize, dead, onInput }: RangeInputProps) {
  const id = useId();
  const [count, setCount] = useState<RangeCount | null>(null);
  const deadText = dead.join("");
  useEffect(() => {
    if (value.trim() === "") return setCount(null);
    let wanted = true;
    const timer = setTimeout(async () => {
      const { countRange } = await import("../ranges.js");
      const counted = countRange(value, handSize, deadText.match(/../g) ?? []);
      if (wanted) setCount(counted);
    }, TYPING_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [value, handSize, deadText]);
  const problem = count?.problem ?? null;
  return (
    <label class="range">
      <span>{label}</span>
      <input
        value={value}
        placeholder="15%, AA:ds, KK!AA, or a hand"
        spellcheck={false}
        aria-invalid={problem !== null}
        aria-describedby={id}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      <span id={id} role="status" class={problem === null ? "quiet" : "error-text"}>
        {problem ??
          (count === null ? "empty: all hands" : count.hands === null ? "readable" : plural(count.hands, "hand"))}
      </span>
    </label>
  );
}
