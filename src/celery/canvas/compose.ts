import { unrollGroup } from "./freeze.js";
import { link, linkError } from "./links.js";
import {
  bodyOf,
  chainNode,
  chordNode,
  cloneNode,
  isChain,
  isChord,
  isGroup,
  listOption,
  type SignatureNode,
  tasksOf,
} from "./node.js";

/**
 * `left | right` of Celery: right runs with the result of left. Groups before something become chords, and what comes
 * after a chord joins its body.
 *
 * @returns a new signature; the operands stay as they are
 */
export function pipe(left: SignatureNode, right: SignatureNode): SignatureNode {
  if (isChain(left)) return pipeChain(left, right);
  if (isGroup(left))
    return isGroup(right) && tasksOf(right).length === 0 ? left : chordNode(copies(left), cloneNode(right));
  const next = unrollGroup(right);
  if (isChord(left) && !isGroup(next) && !isChain(next)) return withBody(left, (body) => pipe(body, next));
  if (isChain(next)) return chainNode([cloneNode(left), ...unchain(next)]);
  return chainNode([cloneNode(left), cloneNode(next)]);
}

function pipeChain(left: SignatureNode, right: SignatureNode): SignatureNode {
  const next = unrollGroup(right);
  if (isChain(next)) return unchain(next).reduce(pipe, left);
  const last = tasksOf(left).at(-1);
  if (isGroup(next)) {
    if (last === undefined) return next;
    if (isChord(last))
      return replaceLast(
        unchain(left),
        withBody(last, (body) => pipe(body, next)),
      );
    return chainNode([...unchain(left), cloneNode(next)]);
  }
  if (last !== undefined && isGroup(last)) return endInChord(left, chordNode(copies(last), cloneNode(next)));
  if (last !== undefined && isChord(last) && !isChord(next)) {
    const chain = cloneNode(left);
    chain.kwargs.tasks = [...tasksOf(chain).slice(0, -1), withBody(last, (body) => pipe(body, next))];
    return chain;
  }
  return chainNode([...unchain(left), cloneNode(next)]);
}

/** The last step, a group, has become a chord. After another chord it goes into that one's body. */
function endInChord(left: SignatureNode, chord: SignatureNode): SignatureNode {
  const chain = cloneNode(left);
  const before = tasksOf(chain).slice(0, -1);
  const previous = before.at(-1);
  chain.kwargs.tasks =
    previous !== undefined && isChord(previous)
      ? [...before.slice(0, -1), withBody(previous, (body) => pipe(body, chord))]
      : [...before, chord];
  return chain;
}

function withBody(chord: SignatureNode, change: (body: SignatureNode) => SignatureNode): SignatureNode {
  const changed = cloneNode(chord);
  const body = bodyOf(changed);
  changed.kwargs.body = body === null ? null : change(body);
  return changed;
}

function replaceLast(tasks: SignatureNode[], last: SignatureNode): SignatureNode {
  return chainNode([...tasks.slice(0, -1), last]);
}

/** Steps of a chain, with the chain's own callbacks on the last and its errbacks on each. */
export function unchain(chain: SignatureNode): SignatureNode[] {
  const tasks = tasksOf(chain).map(cloneNode);
  const last = tasks.at(-1);
  if (last !== undefined) for (const callback of listOption(chain.options, "link")) link(last, callback);
  for (const errback of listOption(chain.options, "link_error")) {
    for (const task of tasks) linkError(task, errback, false);
  }
  return tasks;
}

/** What `chain(a, b, …)` makes: `a | b | …`. */
export function chainOf(tasks: readonly SignatureNode[]): SignatureNode {
  return tasks.reduce(pipe, chainNode([]));
}

const copies = (group: SignatureNode): SignatureNode[] => tasksOf(group).map(cloneNode);
