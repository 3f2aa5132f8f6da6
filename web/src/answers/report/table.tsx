import { useMemo, useState } from "preact/hooks";
import type { FlopReport, ReportRow } from "../../../../src/tasks/flop-report/report-result.js";
import { Cards, cardsOf } from "../../cards.js";
import { chipMargin, chips, margin, percent } from "../../format.js";
import { csvOf, type PlotTable, saveText } from "../../plots/figure.js";
import { hrefOf } from "../../router.js";
import { Mix } from "../combos.js";
import { actionTones } from "../solution.js";
import { compareFlops } from "./flops.js";
import { actionOf, type Quantity } from "./values.js";

const SHOWN = 50;
const WEIGHT: Quantity = {
  id: "weight",
  label: "Weight",
  unit: "count",
  of: ({ weight }) => ({ value: weight, error: 0 }),
};

interface Order {
  /** Null: by the flop's cards. */
  readonly by: Quantity | null;
  readonly isUp: boolean;
}

/** A row for each flop, sorted by what one asks for. */
export function FlopTable({
  report,
  rows,
  quantities,
  jobId,
  chosen,
  onChoose,
}: {
  readonly report: FlopReport;
  readonly rows: readonly ReportRow[];
  readonly quantities: readonly Quantity[];
  readonly jobId: string;
  readonly chosen: string | null;
  readonly onChoose: (flop: string) => void;
}) {
  const [order, setOrder] = useState<Order>({ by: null, isUp: true });
  const [shown, setShown] = useState(SHOWN);
  const sorted = useMemo(() => sortedBy(rows, order), [rows, order]);
  const columns = [WEIGHT, ...quantities];
  const sortBy = (by: Quantity | null) => setOrder({ by, isUp: order.by?.id === by?.id ? !order.isUp : by === null });
  // The one that was chosen in the plot is seen wherever it stands.
  const first = sorted.slice(0, shown);
  const away = sorted.find(({ flop }) => flop === chosen && !first.some((row) => row.flop === flop));
  return (
    <>
      <div class="row spread">
        <h2>Flop by flop</h2>
        <button
          type="button"
          onClick={() => saveText(csvOf(exactTable(sorted, columns)), `report-${jobId.slice(0, 8)}.csv`, "text/csv")}
        >
          CSV
        </button>
      </div>
      <section class="scrolls" tabIndex={0} aria-label="Flop by flop">
        <table class="combos">
          <thead>
            <tr>
              <Heading words="Flop" order={order} by={null} onSort={sortBy} />
              <th scope="col">Play</th>
              {columns.map((column) => (
                <Heading key={column.id} words={column.label} order={order} by={column} onSort={sortBy} />
              ))}
              <th scope="col">
                <span class="visually-hidden">Its tree</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {[...(away === undefined ? [] : [away]), ...first].map((row) => (
              <FlopRow
                key={row.flop}
                row={row}
                report={report}
                columns={columns}
                jobId={jobId}
                isChosen={row.flop === chosen}
                onChoose={onChoose}
              />
            ))}
          </tbody>
        </table>
      </section>
      {sorted.length > shown && (
        <button type="button" onClick={() => setShown(shown + 10 * SHOWN)}>
          Show more
        </button>
      )}
    </>
  );
}

function Heading({
  words,
  order,
  by,
  onSort,
}: {
  readonly words: string;
  readonly order: Order;
  readonly by: Quantity | null;
  readonly onSort: (by: Quantity | null) => void;
}) {
  const isHere = order.by?.id === by?.id;
  return (
    <th scope="col" aria-sort={!isHere ? "none" : order.isUp ? "ascending" : "descending"}>
      <button type="button" class="plain" onClick={() => onSort(by)}>
        {words}
        {!isHere ? "" : order.isUp ? " ▲" : " ▼"}
      </button>
    </th>
  );
}

function FlopRow({
  row,
  report,
  columns,
  jobId,
  isChosen,
  onChoose,
}: {
  readonly row: ReportRow;
  readonly report: FlopReport;
  readonly columns: readonly Quantity[];
  readonly jobId: string;
  readonly isChosen: boolean;
  readonly onChoose: (flop: string) => void;
}) {
  const { flop } = row;
  return (
    <tr class={isChosen ? "chosen" : ""}>
      <td>
        <button type="button" class="plain" aria-pressed={isChosen} onClick={() => onChoose(flop)}>
          {flop.split("/").map((board) => (
            <Cards key={board} cards={cardsOf(board)} size="small" />
          ))}
          <span class="visually-hidden"> mark in the plot</span>
        </button>
      </td>
      <td>
        <Mix
          parts={report.actions.map((action) => actionOf(row, action)?.frequency.value ?? 0)}
          tones={actionTones(report.actions)}
        />
      </td>
      {columns.map((column) => (
        <td class="number" key={column.id}>
          <Cell column={column} row={row} />
        </td>
      ))}
      <td>
        <a href={hrefOf(["new"], { from: jobId, flop })}>
          solve alone <span class="visually-hidden">{flop}</span>
        </a>
      </td>
    </tr>
  );
}

function Cell({ column: { of, unit }, row }: { readonly column: Quantity; readonly row: ReportRow }) {
  const found = of(row);
  if (found === null) return <>–</>;
  const { value, error } = found;
  switch (unit) {
    case "share":
      return (
        <>
          {percent(value)} <span class="quiet">{margin(error)}</span>
        </>
      );
    case "chips":
      return (
        <>
          {chips(value)} <span class="quiet">{chipMargin(error)}</span>
        </>
      );
    case "percent":
      return <>{value.toFixed(2)} %</>;
    case "count":
      return <>{value.toLocaleString("en")}</>;
  }
}

/** What a flop lacks comes last, whichever way. */
function sortedBy(rows: readonly ReportRow[], { by, isUp }: Order): ReportRow[] {
  const way = isUp ? 1 : -1;
  return [...rows].sort((one, other) => {
    if (by === null) return way * compareFlops(one.flop, other.flop);
    const [value, its] = [by.of(one)?.value, by.of(other)?.value];
    if (value === undefined || its === undefined) return Number(value === undefined) - Number(its === undefined);
    return way * (value - its) || compareFlops(one.flop, other.flop);
  });
}

/** Values as they are, their standard errors beside them; empty where nobody measured. */
function exactTable(rows: readonly ReportRow[], columns: readonly Quantity[]): PlotTable {
  return {
    headings: ["flop", ...columns.flatMap(({ id }) => (id === WEIGHT.id ? [id] : [id, `${id} error`]))],
    rows: rows.map((row) => [
      row.flop,
      ...columns.flatMap((column) => {
        const { value, error } = column.of(row) ?? { value: "", error: null };
        return column === WEIGHT ? [value] : [value, error ?? ""];
      }),
    ]),
  };
}
