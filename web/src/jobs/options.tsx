import type { JobType } from "../../../src/jobs/schema.js";
import { useFetched } from "../http.js";
import type { Draft } from "./draft.js";
import { type OptionSchema, optionKind, optionText } from "./option-kinds.js";

/** Fields that the form above has. */
const SHOWN_ABOVE = new Set(
  "players top_board bottom_board board board2 num_cards num_boards pot_size current_bet stack_sizes active_players player_position player_ranges hero_cards flops rake".split(
    " ",
  ),
);

/** Every other option of a kind of job, made from its JSON Schema. */
export function Options({
  kind,
  draft,
  onChange,
}: {
  readonly kind: JobType;
  readonly draft: Draft;
  readonly onChange: (changed: Draft) => void;
}) {
  const { value: schema } = useFetched<OptionSchema>(`schemas/${kind}`);
  const fields = Object.entries(schema?.properties ?? {}).filter(([name]) => !SHOWN_ABOVE.has(name));
  return (
    <details class="panel">
      <summary>More options</summary>
      <div class="options">
        {fields.map(([name, field]) => (
          <Option
            key={name}
            name={name}
            schema={field}
            value={draft[name]}
            onChange={(value) => onChange({ [name]: value })}
          />
        ))}
      </div>
    </details>
  );
}

function Option({
  name,
  schema,
  value,
  onChange,
}: {
  readonly name: string;
  readonly schema: OptionSchema;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}) {
  const form = optionKind(schema);
  const words = name.replaceAll("_", " ");
  const about = optionText(schema);
  if (form.kind === "flag")
    return (
      <label title={about}>
        <span>{words}</span>
        <select
          value={value === undefined ? "" : String(value)}
          onChange={({ currentTarget }) =>
            onChange(currentTarget.value === "" ? undefined : currentTarget.value === "true")
          }
        >
          <option value="">default</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
        <small>{about}</small>
      </label>
    );
  return (
    <label title={about}>
      <span>{words}</span>
      {form.kind === "text" ? (
        <input value={shown(value)} onChange={({ currentTarget }) => onChange(read(currentTarget.value))} />
      ) : (
        <input
          type="number"
          step="any"
          min={form.min}
          max={form.max}
          value={shown(value)}
          onChange={({ currentTarget: { value: text } }) => onChange(text === "" ? undefined : Number(text))}
        />
      )}
      <small>{about}</small>
    </label>
  );
}

function shown(value: unknown): string {
  return value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}

/** Lists and objects are written as JSON. */
function read(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
