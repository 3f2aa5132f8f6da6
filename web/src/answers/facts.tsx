/** One number of a list of facts; nothing where there is none. */
export function Fact({
  name,
  value,
  isLong = false,
}: {
  readonly name: string;
  readonly value: string | undefined;
  readonly isLong?: boolean;
}) {
  if (value === undefined) return null;
  return (
    <div class={isLong ? "long" : ""}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Sentences under a heading; nothing without any. */
export function Words({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
