import { emitKeypressEvents, type Key } from "node:readline";
import { styleText } from "node:util";
import type { ScreenLine } from "./render.js";

const ENTER_SCREEN = "\u001b[?1049h\u001b[?25l";
const LEAVE_SCREEN = "\u001b[?25h\u001b[?1049l";

/** The whole terminal: its second screen, keys one by one. Always call {@link close}. */
export class Screen {
  readonly #onKey: (key: string) => void;
  readonly #colored: boolean;
  readonly #listener = (text: string | undefined, key: Key) => this.#onKey(nameOf(text, key));

  constructor(onKey: (key: string) => void, onResize: () => void, colored: boolean) {
    this.#onKey = onKey;
    this.#colored = colored;
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode?.(true);
    process.stdin.on("keypress", this.#listener);
    process.stdin.resume();
    process.stdout.on("resize", onResize);
    process.stdout.write(ENTER_SCREEN);
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 };
  }

  /** Replaces what is shown; no line wraps. */
  draw(lines: readonly ScreenLine[]): void {
    const text = lines.map((line) => `\u001b[2K${this.#styled(line)}`).join("\r\n");
    process.stdout.write(`\u001b[H${text}\u001b[0J`);
  }

  close(): void {
    process.stdin.off("keypress", this.#listener);
    process.stdin.setRawMode?.(false);
    process.stdin.pause();
    process.stdout.write(LEAVE_SCREEN);
  }

  #styled({ text, styles }: ScreenLine): string {
    const shown = this.#colored ? styles : styles.filter((style) => style === "inverse" || style === "bold");
    if (shown.length === 0) return text;
    return styleText([...shown], text, { validateStream: false });
  }
}

function nameOf(text: string | undefined, key: Key): string {
  if (key.ctrl && key.name === "c") return "ctrl-c";
  if (key.name === "return") return "enter";
  const named = ["up", "down", "pageup", "pagedown", "home", "end", "escape", "enter"];
  if (key.name !== undefined && named.includes(key.name)) return key.name;
  return text ?? "";
}
