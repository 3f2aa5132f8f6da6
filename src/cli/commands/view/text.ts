import { actionLabel, type SolutionNode } from "../../../poker/solver/report/solution.js";
import type { StoredSolution } from "../../../tasks/solver-analysis/stored-solution.js";
import { CliError, EXIT_USAGE } from "../../globals.js";
import { csvLines } from "../../terminal/csv.js";
import type { Output } from "../../terminal/output.js";
import { lockedMark, nodeTable } from "../solve/text.js";
import { isNode, type Place, stepsFrom } from "./walk.js";

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const MOST_STEPS = 60;

/** A place in the tree: where, who decides what by class of hand, and the ways on. */
export function placeText(solution: StoredSolution, place: Place, output: Output): string[] {
  const { at, path } = place;
  const where = output.style(path.length === 0 ? "root" : path.join(", "), "bold");
  if (!isNode(at)) return [where, endText(at), ...stepLines(place)];
  return [
    `${where}  (${at.street}, comes up ${percent(at.probability)})`,
    `Player ${at.player} to act: pot ${at.pot}, to call ${at.to_call}${lockedMark(at)}`,
    "",
    ...nodeTable(solution, at, output),
    "",
    ...stepLines(place),
  ];
}

function endText(at: Exclude<Place["at"], SolutionNode>): string {
  if (at.end === "fold") return `Player ${at.winner} wins ${at.pot}: the others folded.`;
  if (at.end === "showdown") return `Showdown for ${at.pot}.`;
  if (at.end === "omitted") return "This part of the tree is not in the answer: ask with tree_depth or full_strategy.";
  return at.cards === undefined
    ? `The ${at.street} comes, pot ${at.pot}; its play is not in the answer: ask with tree_depth or full_strategy.`
    : `The ${at.street} comes, pot ${at.pot}.`;
}

function stepLines({ at }: Place): string[] {
  const steps = stepsFrom(at);
  if (steps.length === 0) return [];
  if (!isNode(at))
    return [
      steps
        .map(({ label }) => label)
        .slice(0, MOST_STEPS)
        .join(" "),
    ];
  return [
    "Steps:",
    ...at.actions.map(
      (action, i) => `  ${i + 1}  ${actionLabel(action)}  ${percent(action.frequency)}${nextMark(action.next)}`,
    ),
  ];
}

/** A locked node is marked where one can go to it. */
const nextMark = (next: Place["at"]): string => (isNode(next) && next.locked !== undefined ? "  [locked]" : "");

/** The combos of the player at a node, with their strategy. */
function strategyAt(solution: StoredSolution, node: SolutionNode) {
  const range = solution.ranges[String(node.player)];
  if (range === undefined || range.combos.length === 0 || node.strategy === undefined) {
    throw new CliError("the hands' strategies are not in the answer: solve with full_strategy", EXIT_USAGE);
  }
  return { combos: range.combos, weights: range.weights, strategy: node.strategy };
}

/** What one hand does at a node. */
export function handLines(solution: StoredSolution, node: SolutionNode, hand: string, output: Output): string[] {
  const { combos, strategy } = strategyAt(solution, node);
  const index = combos.indexOf(hand);
  if (index < 0) throw new CliError(`${hand} is not in the range of player ${node.player}`, EXIT_USAGE);
  return [
    output.style(`${hand}, player ${node.player}${isLocked(node, index) ? "  [locked]" : ""}`, "bold"),
    ...node.actions.map((action, i) => {
      const ev = node.combo_ev?.[i]?.[index];
      const worth = ev === undefined || ev === null ? "" : `  EV ${ev}`;
      return `  ${actionLabel(action).padEnd(24)} ${percent(strategy[i]?.[index] ?? 0).padStart(8)}${worth}`;
    }),
  ];
}

function isLocked({ locked }: SolutionNode, combo: number): boolean {
  return locked !== undefined && (locked.places?.includes(combo) ?? true);
}

/** All hands of a node: weight in the range, then the frequency of each action (and its EV where it is known). */
export function nodeCsv(solution: StoredSolution, node: SolutionNode): string[] {
  const { combos, weights, strategy } = strategyAt(solution, node);
  const labels = node.actions.map(actionLabel);
  const evs = node.combo_ev;
  const headings = ["hand", "weight", ...labels, ...(evs === undefined ? [] : labels.map((label) => `EV ${label}`))];
  return csvLines(
    headings,
    combos.map((hand, i) => [
      hand,
      weights[i] ?? 1,
      ...strategy.map((ofAction) => ofAction[i] ?? 0),
      ...(evs ?? []).map((ofAction) => ofAction[i] ?? ""),
    ]),
  );
}

const WEIGHT_DIGITS = 6;

/** A player's range where play has come to, as notation: each hand weighted by how often it comes here. */
export function rangeAt(solution: StoredSolution, { taken }: Place, player: string): string {
  const range = solution.ranges[player];
  if (range === undefined) {
    throw new CliError(`there is no player ${player}: ${Object.keys(solution.ranges).join(", ")}`, EXIT_USAGE);
  }
  const reach = range.weights.map((weight) => weight);
  for (const { node, action } of taken) {
    if (String(node.player) !== player) continue;
    const { strategy } = strategyAt(solution, node);
    reach.forEach((weight, hand) => {
      reach[hand] = weight * (strategy[action]?.[hand] ?? 0);
    });
  }
  const largest = reach.reduce((most, weight) => Math.max(most, weight), 0);
  if (!(largest > 0)) throw new CliError(`no hand of player ${player} comes here`, EXIT_USAGE);
  const scale = Math.max(1, largest);
  const hands = range.combos.flatMap((hand, i) => {
    const weight = Number(((reach[i] ?? 0) / scale).toFixed(WEIGHT_DIGITS));
    if (weight === 0) return [];
    return [weight === 1 ? hand : `${hand}@${weight}`];
  });
  return hands.join(",\n");
}
