import { useState } from "preact/hooks";
import { Cards, cardsOf, cardText } from "../cards.js";
import { chipMargin, chips, margin, percent } from "../format.js";
import { StackedBars } from "../plots/bars.js";
import { Combos } from "./combos.js";
import {
  actionText,
  actionTones,
  type ClassRow,
  type DecisionNode,
  type EndNode,
  isDecision,
  type Solution,
  type TreeNode,
} from "./solution.js";

interface Step {
  readonly words: string;
  readonly node: TreeNode | undefined;
  /** As they lie there: one, or two. */
  readonly boards: readonly (readonly string[])[];
}

/** @param dealt cards that a step deals, one text a board */
type Go = (words: string, next: TreeNode | undefined, dealt?: readonly string[]) => void;

/** The tree, walked from decision to decision: an action leads to the next node, a deal to the next card. */
export function Tree({ solution, root }: { readonly solution: Solution; readonly root: DecisionNode }) {
  const [steps, setSteps] = useState<readonly Step[]>(() => [
    { words: "Start", node: root, boards: boardsOf(solution) },
  ]);
  const { node, boards = [] } = steps.at(-1) ?? {};
  const go: Go = (words, next, dealt = []) => {
    const after = boards.map((cards, index) => [...cards, ...cardsOf(dealt[index])]);
    setSteps([...steps, { words, node: next, boards: after }]);
  };
  return (
    <section class="panel" aria-label="Tree">
      <nav class="row crumbs" aria-label="Line of play">
        {steps.map(({ words }, index) => (
          <button
            type="button"
            // A line of play names nothing twice at one place.
            key={`${index}${words}`}
            aria-current={index === steps.length - 1 ? "step" : undefined}
            onClick={() => setSteps(steps.slice(0, index + 1))}
          >
            {words}
          </button>
        ))}
      </nav>
      {isDecision(node) ? (
        <Decision key={steps.length} node={node} boards={boards} solution={solution} onGo={go} />
      ) : (
        <End node={node} onGo={go} />
      )}
    </section>
  );
}

/** The first board is there, dealt or not, and the second where it is played. */
function boardsOf({ game }: Solution): Step["boards"] {
  return [game?.board ?? [], ...(game?.board2 == null ? [] : [game.board2])];
}

function lockedText({ combos, share }: NonNullable<DecisionNode["locked"]>): string {
  return share === 1 ? "all hands" : `${combos} hands (${percent(share)})`;
}

function Decision({
  node,
  boards,
  solution,
  onGo,
}: {
  readonly node: DecisionNode;
  readonly boards: Step["boards"];
  readonly solution: Solution;
  readonly onGo: Go;
}) {
  const tones = actionTones(node.actions);
  const error = node === solution.tree ? solution.sampling?.standard_error?.ev : undefined;
  const evs = Object.entries(node.ev ?? {}).map(([player, ev]) =>
    `player ${player}: ${chips(ev)} ${chipMargin(error)}`.trim(),
  );
  return (
    <>
      <p>
        Player {node.player} to act on the {node.street ?? "street"} · pot {chips(node.pot)} · to call{" "}
        {chips(node.to_call)}
        {node.probability !== undefined && ` · play comes here ${percent(node.probability)}`}
        {evs.length > 0 && ` · EV ${evs.join(", ")}`}
        {node.rake !== undefined && ` · rake ${chips(node.rake)}`}
        {node.locked && ` · play of ${lockedText(node.locked)} was given`}
      </p>
      <section class="row" aria-label="Actions">
        {node.actions.map((action, index) => (
          <button
            type="button"
            class={`act back-${tones[index]}`}
            key={actionText(action)}
            onClick={() => onGo(actionText(action), action.next)}
          >
            <b>{actionText(action)}</b> {percent(action.frequency)} {margin(action.frequency_error)}
            <small>
              EV {chips(action.ev)} {chipMargin(action.ev_error)}
            </small>
          </button>
        ))}
      </section>
      <Hero node={node} solution={solution} />
      <Strategy node={node} title={`What player ${node.player} does`} equity={solution.equities?.[node.player]} />
      <Combos node={node} range={solution.ranges?.[node.player]} boards={boards} />
    </>
  );
}

/** The hand that was asked about: what it does here, and what each action is worth. */
function Hero({ node, solution }: { readonly node: DecisionNode; readonly solution: Solution }) {
  const { hero } = solution;
  if (hero == null || node.hero === undefined) return null;
  const { frequency, frequency_error, ev, ev_error } = node.hero;
  // Sampled games without errors in the tree have those of the hand at the root.
  const atRoot = node === solution.tree ? (hero.actions ?? []).map(({ standard_error }) => standard_error) : [];
  return (
    <p class="row">
      <Cards cards={cardsOf(hero.hand)} />
      {node.actions.map((action, index) => (
        <span key={actionText(action)}>
          {actionText(action)} <b>{percent(frequency[index] ?? 0)}</b> {margin(frequency_error?.[index])}{" "}
          <span class="quiet">
            EV {chips(ev[index])} {chipMargin(ev_error?.[index] ?? atRoot[index])}
          </span>
        </span>
      ))}
    </p>
  );
}

/** How a player acts at a node: with the whole range, and by class of hand. */
function Strategy({
  node,
  title,
  equity,
}: {
  readonly node: DecisionNode;
  readonly title: string;
  /** Of the player's range at the root. */
  readonly equity: number | undefined;
}) {
  const tones = actionTones(node.actions);
  const parts = node.actions.map((action, index) => ({ label: actionText(action), tone: tones[index] ?? "" }));
  const whole = {
    label: "Whole range",
    parts: node.actions.map(({ frequency }) => frequency),
    errors: node.actions.map(({ frequency_error }) => frequency_error ?? 0),
  };
  const classes = node.classes ?? [];
  const stacks = [
    whole,
    ...classes.map((row) => ({
      label: row.class,
      note: `${percent(row.share)} of hands`,
      parts: row.frequency,
      errors: row.frequency_error ?? [],
    })),
  ];
  const hasEquities = classes.some((row) => row.equity !== undefined);
  const equities = hasEquities
    ? [
        equityCells(playOf(node), node.pot, equity),
        ...classes.map((row) => equityCells(row, node.pot, row.equity, row.equity_error)),
      ]
    : [];
  const evs = [playOf(node), ...classes].map(({ ev = [], ev_error = [] }) =>
    ev.map((one, at) => `${chips(one)} ${chipMargin(ev_error[at])}`.trim()),
  );
  const headings = [
    ...(hasEquities ? ["Equity", "Realised"] : []),
    ...node.actions.map((action) => `EV ${actionText(action)}`),
  ];
  const cells = evs.map((row, at) => [...(equities[at] ?? []), ...row]);
  return (
    <StackedBars title={title} about="by class of hand" parts={parts} stacks={stacks} columns={{ headings, cells }} />
  );
}

/** What the whole range does, as a row like those of classes. */
function playOf({ actions }: DecisionNode): Pick<ClassRow, "frequency" | "ev" | "ev_error"> {
  return {
    frequency: actions.map(({ frequency }) => frequency),
    ev: actions.map(({ ev }) => ev ?? null),
    ev_error: actions.map(({ ev_error }) => ev_error ?? null),
  };
}

/** The equity of hands at the root, and what of it they get by their play. */
function equityCells(
  { frequency, ev = [] }: Pick<ClassRow, "frequency" | "ev">,
  pot: number,
  equity: number | undefined,
  error?: number | null,
): readonly string[] {
  if (equity === undefined) return ["–", "–"];
  const played = frequency.reduce((sum, share, action) => sum + (share > 0 ? share * (ev[action] ?? 0) : 0), 0);
  const realised = equity > 0 ? percent(played / (equity * pot)) : "–";
  return [`${percent(equity)} ${margin(error ?? undefined)}`.trim(), realised];
}

function End({ node, onGo }: { readonly node: EndNode | undefined; readonly onGo: Go }) {
  if (node?.end === "deal" && node.cards !== undefined)
    return (
      <>
        <p>
          The {node.street ?? "next card"} is dealt; pot {chips(node.pot)}. Choose what comes:
        </p>
        <div class="row">
          {Object.entries(node.cards).map(([dealt, next]) => {
            const words = dealt
              .split("/")
              .map((card) => cardText(cardsOf(card)[0] ?? card))
              .join(" / ");
            return (
              <button
                type="button"
                class={`pick suit-${cardsOf(dealt)[0]?.[1] ?? ""}`}
                key={dealt}
                onClick={() => onGo(words, next, dealt.split("/"))}
              >
                {words}
              </button>
            );
          })}
        </div>
      </>
    );
  const words: Readonly<Record<string, string>> = {
    fold: `Everybody else has folded: player ${node?.winner} takes ${chips(node?.pot)}.`,
    showdown: `Showdown for a pot of ${chips(node?.pot)}.`,
    deal: `The ${node?.street ?? "next street"} is dealt with ${chips(node?.pot)} in the pot. What follows is not in the answer: solve with a larger tree depth.`,
  };
  return (
    <p>
      {words[node?.end ?? ""] ??
        "This part of the tree is not in the answer: solve with a larger tree depth or the full strategy."}
    </p>
  );
}
