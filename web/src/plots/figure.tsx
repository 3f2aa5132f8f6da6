import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** What a plot shows, as rows: its text twin, and what is saved as CSV. */
export interface PlotTable {
  readonly headings: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

interface FigureProps {
  readonly title: string;
  /** One sentence about what one sees. */
  readonly about?: string;
  readonly table: PlotTable;
  readonly height: number;
  /** Draws into so many pixels. */
  readonly draw: (width: number) => ComponentChildren;
  readonly children?: ComponentChildren;
}

const NARROWEST = 260;

/** A plot with its title, its text twin, and buttons that save it. */
export function Figure({ title, about, table, height, draw, children }: FigureProps) {
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const svg = () => frame.current?.querySelector("svg") ?? null;
  return (
    <figure class="figure">
      <figcaption>
        <strong>{title}</strong>
        {about !== undefined && <span class="quiet"> {about}</span>}
      </figcaption>
      {children}
      <div ref={frame} class="plot">
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`${title}. ${about ?? ""}`}
        >
          {draw(width)}
        </svg>
      </div>
      <details class="twin">
        <summary>
          Table <span class="visually-hidden">of {title}</span>
        </summary>
        <div class="row saves">
          <button type="button" onClick={() => saveSvg(svg(), title)}>
            SVG
          </button>
          <button type="button" onClick={() => void savePng(svg(), title)}>
            PNG
          </button>
          <button type="button" onClick={() => saveText(csvOf(table), `${title}.csv`, "text/csv")}>
            CSV
          </button>
        </div>
        <section class="scrolls" tabIndex={0} aria-label={`${title} as a table`}>
          <table>
            <thead>
              <tr>
                {table.headings.map((heading) => (
                  <th key={heading} scope="col">
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {table.rows.map((row) => (
                <tr key={row.join("|")}>
                  {row.map((cell, column) => (
                    <td key={column}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}

function useWidth(frame: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.max(NARROWEST, Math.floor(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}

const STYLES = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "font-family",
  "font-size",
  "font-weight",
] as const;

/** The plot as a file of its own: what the page's style sheet says is written into it. */
function svgText(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll<SVGElement>("*");
  for (const [index, element] of copy.querySelectorAll<SVGElement>("*").entries()) {
    const original = originals[index];
    if (original === undefined) continue;
    const computed = getComputedStyle(original);
    for (const style of STYLES) element.setAttribute(style, computed.getPropertyValue(style));
    element.removeAttribute("class");
  }
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const back = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [
    ["width", "100%"],
    ["height", "100%"],
    ["fill", getComputedStyle(document.body).backgroundColor],
  ] as const)
    back.setAttribute(name, value);
  copy.prepend(back);
  return new XMLSerializer().serializeToString(copy);
}

function saveSvg(svg: SVGSVGElement | null, title: string): void {
  if (svg !== null) saveText(svgText(svg), `${title}.svg`, "image/svg+xml");
}

const PIXELS_PER_UNIT = 2;

async function savePng(svg: SVGSVGElement | null, title: string): Promise<void> {
  if (svg === null) return;
  const image = new Image();
  const url = URL.createObjectURL(new Blob([svgText(svg)], { type: "image/svg+xml" }));
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = svg.clientWidth * PIXELS_PER_UNIT;
  canvas.height = svg.clientHeight * PIXELS_PER_UNIT;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(url);
  canvas.toBlob((blob) => blob !== null && save(blob, `${title}.png`));
}

/** What a spreadsheet would take for a formula is made text. */
export function csvOf({ headings, rows }: PlotTable): string {
  const cell = (value: string | number) => {
    const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [headings, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

export function saveText(text: string, name: string, type: string): void {
  save(new Blob([text], { type }), name);
}

function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\w.-]+/g, "-");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
