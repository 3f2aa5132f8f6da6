import { stepNamed } from "../../../poker/solver/betting/action-label.js";
import { actionLabel, type SolutionNext, type SolutionNode } from "../../../poker/solver/report/solution.js";
import { CliError, EXIT_USAGE } from "../../globals.js";

/** One way on from a place in the tree. */
export interface Step {
  readonly label: string;
  readonly next: SolutionNext;
}

/** A place in the tree, with the way that led there. */
export interface Place {
  readonly at: SolutionNext;
  readonly path: readonly string[];
  /** Decisions on the way, each with the number of the action taken. */
  readonly taken: readonly { readonly node: SolutionNode; readonly action: number }[];
}

export const isNode = (next: SolutionNext): next is SolutionNode => "actions" in next;

/** Where one can go from here: actions, or dealt cards. */
export function stepsFrom(at: SolutionNext): Step[] {
  if (isNode(at)) return at.actions.map((action) => ({ label: actionLabel(action), next: action.next }));
  if (at.end !== "deal") return [];
  return Object.entries(at.cards ?? {}).map(([label, next]) => ({ label, next }));
}

export function startOf(root: SolutionNode): Place {
  return { at: root, path: [], taken: [] };
}

/**
 * Goes a step by its label, the beginning of it, or its number from 1.
 * @throws CliError that names the steps there are
 */
export function go(place: Place, wanted: string): Place {
  const steps = stepsFrom(place.at);
  const text = wanted.trim().toLowerCase();
  const byNumber = /^\d+$/u.test(text) && isNode(place.at) ? Number(text) - 1 : -1;
  const labels = steps.map(({ label }) => label);
  const index = byNumber in steps && !labels.includes(text) ? byNumber : stepNamed(labels, text);
  const step = steps[index];
  if (step === undefined) {
    const where = place.path.length === 0 ? "at the root" : `after ${place.path.join(", ")}`;
    const there = steps.length === 0 ? "the line ends" : `there is ${steps.map(({ label }) => label).join(", ")}`;
    throw new CliError(`no step ${JSON.stringify(wanted.trim())} ${where}: ${there}`, EXIT_USAGE);
  }
  const taken = isNode(place.at) ? [...place.taken, { node: place.at, action: index }] : place.taken;
  return { at: step.next, path: [...place.path, step.label], taken };
}

/** Follows a path such as `check, bet 100`. */
export function follow(root: SolutionNode, path: string): Place {
  const steps = path.split(",").filter((step) => step.trim() !== "");
  return steps.reduce(go, startOf(root));
}
