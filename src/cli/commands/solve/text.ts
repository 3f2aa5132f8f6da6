import {
  actionLabel,
  type HandClassRow,
  type LockedHands,
  type SolutionNode,
} from "../../../poker/solver/report/solution.js";
import type { StoredSolution } from "../../../tasks/solver-analysis/stored-solution.js";
import { type Output, plural, type Style } from "../../terminal/output.js";

const BAR_WIDTH = 24;
/** One mark and colour an action, from passive to aggressive. */
const MARKS: readonly { readonly mark: string; readonly style: Style }[] = [
  { mark: "░", style: "blue" },
  { mark: "▒", style: "green" },
  { mark: "▓", style: "yellow" },
  { mark: "█", style: "red" },
  { mark: "▚", style: "magenta" },
  { mark: "▞", style: "cyan" },
  { mark: "■", style: "white" },
  { mark: "□", style: "dim" },
];

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
type Chips = (amount: number | null) => string;

/** Chips as people read them beside a pot: to its thousandth or finer, at least to the hundredth of a chip, without the sign of a zero. */
export function chipsBeside(pot: number): Chips {
  const decimals = Math.min(20, Math.max(2, 3 - Math.floor(Math.log10(pot))));
  return (amount) => {
    if (amount === null) return "–";
    const shown = amount.toFixed(decimals);
    return Number(shown) === 0 ? (0).toFixed(decimals) : shown;
  };
}

/** A solution for people: what was solved and how well, the root's strategy by hand class, the players' values. */
export function solutionText(solution: StoredSolution, output: Output): string[] {
  const { game, tree } = solution;
  const chips = chipsBeside(game.pot);
  return [
    output.style(headline(solution), "bold"),
    ...assumptionLines(solution),
    ...lockLines(solution),
    "",
    ...quality(solution),
    "",
    `Player ${tree.player} to act: pot ${chips(tree.pot)}, to call ${chips(tree.to_call)}${lockedMark(tree)}`,
    "",
    ...nodeTable(solution, tree, output),
    ...heroLines(solution),
    "",
    ...lines(tree),
    "",
    ...valueTable(solution),
    ...notes(solution, game.street),
  ];
}

/** Street, boards, pot and stacks. */
export function headline({ game }: Pick<StoredSolution, "game">): string {
  const board = [game.board.join(" "), ...(game.board2 ? [game.board2.join(" ")] : [])].join("  |  ");
  const stacks = game.players.map(({ player, stack }) => `${player}: ${stack}`).join(", ");
  const rake = game.rake === undefined ? "" : `  ${rakeText(game.rake)}`;
  return `${game.street[0]?.toUpperCase()}${game.street.slice(1)}  ${board}  pot ${game.pot}  stacks ${stacks}${rake}`;
}

/** The rule that the house takes its part by. */
export function rakeText({ percent, cap }: NonNullable<StoredSolution["game"]["rake"]>): string {
  return `rake ${percent} %${cap === null ? "" : ` up to ${cap}`}`;
}

function assumptionLines({ assumptions }: StoredSolution): string[] {
  return assumptions.map((assumption) => `  assumed: ${assumption}`);
}

/** What was given, lock by lock. */
export function lockLines({ locks = [] }: Pick<StoredSolution, "locks">): string[] {
  return locks.map(({ path, player, hands, combos, strategy }) => {
    const plays = Object.entries(strategy)
      .filter(([, share]) => share > 0)
      .map(([label, share]) => `${label} ${percent(share)}`);
    const which = hands ?? "all hands";
    const count = combos === null ? "" : ` (${plural(combos, "combo")})`;
    return `  locked: ${path === "" ? "at the root" : path}: player ${player}, ${which}${count}: ${plays.join(", ")}`;
  });
}

/** Says of a node that hands are locked there; empty where none is. */
export function lockedMark({ locked }: { readonly locked?: LockedHands | undefined }): string {
  if (locked === undefined) return "";
  return `  [locked: ${locked.share === 1 ? "all hands" : `${plural(locked.combos, "combo")}, ${percent(locked.share)}`}]`;
}

function quality(solution: StoredSolution): string[] {
  const players = Object.values(solution.deviation_gains);
  const error = players.reduce((sum, gain) => sum + (gain.standard_error ?? 0), 0) / players.length / solution.game.pot;
  const sampled = players.some((gain) => gain.standard_error !== null);
  const percentage = `${solution.exploitability} % of the pot`;
  const found = sampled ? `found ${percentage}, ± ${(error * 100).toFixed(2)}` : percentage;
  const least = solution.sampling ? `, and at least ${solution.sampling.exploitability_at_least} %` : "";
  const off = solution.is_equilibrium_approximation
    ? `Exploitability ${sampled ? `at most ${percentage}, ± ${(error * 100).toFixed(2)}${least}` : percentage}`
    : `${players.length === 2 ? "Exploitability" : "Mean deviation gain"} ${found} (no equilibrium is promised)`;
  const why = {
    target: "target reached",
    iterations: "iterations done",
    time_limit: "time limit",
    soft_time_limit: "stopped early",
  };
  const time = `${solution.iterations} iterations, ${solution.solve_time.toFixed(2)} s, ${why[solution.stopped_by]}`;
  if (solution.measured_game === "asked") return [`${off} (${time})`];
  const { sampling } = solution;
  if (sampling) {
    return [
      `${off}, in a cut game (${time})`,
      `Found over the ranges solved for, on ${sampling.measured_deals} fresh deals. What was cut from the game asked for:`,
      ...solution.cut.map((cut) => `  - ${cut}`),
    ];
  }
  return [
    `${off}, in a cut game (${time})`,
    "How far off this is in the game asked for was not measured. What was cut:",
    ...solution.cut.map((cut) => `  - ${cut}`),
  ];
}

/** What the classes of hands in the table go by. */
function classHeading({ game }: StoredSolution): string {
  if (game.street === "preflop") return "hole cards";
  return game.board2 ? "hand on the first board" : "hand";
}

/** The strategy of a node by class of hand. */
export function nodeTable(solution: StoredSolution, node: SolutionNode, output: Output): string[] {
  const { equities, game } = solution;
  const chips = chipsBeside(game.pot);
  const classes = classHeading(solution);
  const labels = node.actions.map(actionLabel);
  const legend = labels.map((label, index) => `${style(output, index, mark(index))} ${label}`).join("   ");
  const hasEquities = node.classes?.some(({ equity }) => equity !== undefined) ?? false;
  const whole: HandClassRow = {
    class: "whole range",
    share: 1,
    ...(hasEquities ? { equity: equities[node.player] } : {}),
    frequency: node.actions.map((action) => action.frequency),
    ev: node.actions.map((action) => action.ev),
  };
  const rows = [whole, ...(node.classes ?? [])];
  const name = Math.max(classes.length, ...rows.map((row) => row.class.length));
  const widths = labels.map((label) => Math.max(label.length, 16));
  const heading = `${classes.padEnd(name)}  ${"share".padStart(7)}  ${hasEquities ? " equity realised  " : ""}${"".padEnd(BAR_WIDTH)}  ${labels.map((label, index) => label.padStart(widths[index] ?? 0)).join("  ")}`;
  return [
    legend,
    "",
    output.style(heading, "bold"),
    ...rows.map((row) => {
      const cells = row.frequency.map((share, index) =>
        `${percent(share).padStart(7)} ${`(${chips(row.ev[index] ?? null)})`.padStart(8)}`.padStart(widths[index] ?? 0),
      );
      return `${row.class.padEnd(name)}  ${percent(row.share).padStart(7)}  ${hasEquities ? equityCells(row, game.pot) : ""}${bar(row.frequency, output)}  ${cells.join("  ")}`;
    }),
    "",
    "In brackets: expected chips of the action, those now behind not counted.",
  ];
}

/** A class's equity, and what of it the class gets by its play. */
function equityCells({ equity, frequency, ev }: HandClassRow, pot: number): string {
  const played = frequency.reduce((sum, share, action) => sum + (share > 0 ? share * (ev[action] ?? 0) : 0), 0);
  const share = equity === undefined ? "–" : percent(equity);
  return `${share.padStart(7)} ${realised(played, equity, pot).padStart(8)}  `;
}

/** Lines of play shown below the root. */
const MAX_LINES = 14;

/** What the players do next, line by line: the most likely decisions of this street. */
function lines(root: SolutionNode): string[] {
  const found: { readonly path: string; readonly node: SolutionNode }[] = [];
  const visit = (node: SolutionNode, path: readonly string[]): void => {
    if (path.length > 0) found.push({ path: path.join(", "), node });
    for (const action of node.actions) if ("actions" in action.next) visit(action.next, [...path, actionLabel(action)]);
  };
  visit(root, []);
  const shown = [...found].sort((a, b) => b.node.probability - a.node.probability).slice(0, MAX_LINES);
  if (shown.length === 0) return [];
  const width = Math.max(...shown.map(({ path }) => path.length));
  return [
    "Then:",
    ...found
      .filter((line) => shown.includes(line))
      .map(({ path, node }) => {
        const does = node.actions.map((action) => `${actionLabel(action)} ${percent(action.frequency)}`).join(", ");
        return `  ${path.padEnd(width)}  ${percent(node.probability).padStart(7)}  player ${node.player}: ${does}${lockedMark(node)}`;
      }),
  ];
}

function mark(index: number): string {
  return MARKS[index % MARKS.length]?.mark ?? "?";
}

function style(output: Output, index: number, text: string): string {
  return output.style(text, MARKS[index % MARKS.length]?.style ?? "white");
}

/** A bar whose parts are as long as the actions are frequent. */
function bar(frequency: readonly number[], output: Output): string {
  let reached = 0;
  let drawn = 0;
  return frequency
    .map((share, index) => {
      reached += share;
      const end = Math.round(reached * BAR_WIDTH);
      const part = mark(index).repeat(Math.max(0, end - drawn));
      drawn = Math.max(drawn, end);
      return style(output, index, part);
    })
    .join("");
}

function heroLines({ hero, game }: StoredSolution): string[] {
  if (!hero?.actions) return [];
  const chips = chipsBeside(game.pot);
  const close = hero.not_told_apart ?? [];
  const actions = hero.actions.map(({ label, frequency, frequency_error: doubt, ev, standard_error: error }) => {
    const spread = error === null ? "" : ` ± ${chips(error)}`;
    const share = doubt === undefined ? percent(frequency) : `${percent(frequency)} ± ${(doubt * 100).toFixed(1)}`;
    return `${label} ${share} (${chips(ev)}${spread})`;
  });
  return [
    "",
    `Your hand ${hero.hand}: ${actions.join(", ")}; EV ${chips(hero.ev)}${hero.standard_error ? ` ± ${chips(hero.standard_error)}` : ""}`,
    ...(close.length > 1 ? [`Which of ${close.join(" and ")} is worth more, the errors do not tell.`] : []),
  ];
}

function valueTable(solution: StoredSolution): string[] {
  const { game, ev, equities, ranges, deviation_gains: gains, expected_rake: rake } = solution;
  const chips = chipsBeside(game.pot);
  const rows = Object.keys(ev).map((player) => {
    const range = ranges[player];
    const listed = range?.combos.length ?? 0;
    const combos = listed > 0 ? plural(listed, "combo") : "combos not listed";
    return `Player ${player}  EV ${chips(ev[player] ?? null).padStart(9)}  equity ${percent(equities[player] ?? 0).padStart(7)}  realised ${realised(ev[player], equities[player], game.pot).padStart(7)}  could gain ${gainText(gains[player], chips)}  ${combos} (${range?.source})`;
  });
  return rake === undefined ? rows : [...rows, `The house  EV ${chips(rake).padStart(8)}`];
}

/** What a player gets of the pot for each part of it that would be his if all cards were dealt without betting. */
function realised(ev: number | undefined, equity: number | undefined, pot: number): string {
  return ev === undefined || !equity ? "–" : percent(ev / (equity * pot));
}

/** A gain that was sampled may come out below zero, which says no more than zero. */
function gainText(gain: StoredSolution["deviation_gains"][string] | undefined, chips: Chips): string {
  if (!gain) return "–";
  const error = gain.standard_error === null ? "" : ` ± ${chips(gain.standard_error)}`;
  return `${chips(Math.max(0, gain.gain))}${error}`;
}

/** What else is to be known of the game; what was cut stands above. */
function notes(solution: StoredSolution, street: string): string[] {
  const { abstraction, cut, omitted, caveats = [] } = solution;
  const rest = [...abstraction.filter((note) => !cut.includes(note)), ...caveats];
  const lines = [...rest.map((note) => `  - ${note}`), ...omitted.map((note) => `  - left out: ${note}`)];
  return lines.length > 0 ? ["", `The ${street} game that was solved:`, ...lines] : [];
}
