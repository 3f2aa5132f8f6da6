import { ImproperlyConfigured } from "../errors.js";
import type { TaskMessage } from "../protocol/types.js";
import type { CanvasHost } from "./apply.js";
import { pipe } from "./compose.js";
import { freeze } from "./freeze.js";
import { link, linkError } from "./links.js";
import {
  cloneNode,
  isChain,
  isGroup,
  listOption,
  mergeOptions,
  readNode,
  readNodes,
  type SignatureNode,
  taskNode,
  tasksOf,
} from "./node.js";

/** A task that another signature takes the place of. */
export interface ReplacedTask {
  readonly message: TaskMessage;
  readonly rootId: string;
  readonly replyTo: string | null;
}

/**
 * Puts a signature in the place of a task: under its id, with its callbacks, errbacks, group, chord and the rest of
 * its chain. Results go where the task's own would have gone.
 *
 * @returns the signature as it is to be sent
 * @throws ImproperlyConfigured for a signature that is in a chord, or an empty chain
 */
export function replacement(host: CanvasHost, replaced: ReplacedTask, signature: SignatureNode): SignatureNode {
  const { message, rootId } = replaced;
  if (signature.options.chord)
    throw new ImproperlyConfigured("A signature replacing a task must not be part of a chord");
  if (isChain(signature) && tasksOf(signature).length === 0)
    throw new ImproperlyConfigured("Cannot replace with an empty chain");
  const node = inPlace(signature);
  const { callbacks, errbacks, chord } = message.embed;
  for (const callback of callbacks === null ? [] : readNodes(callbacks)) link(node, callback);
  for (const errback of errbacks === null ? [] : readNodes(errbacks)) linkError(node, errback, host.errbacksOnHeader);
  if (isChain(node)) linkLastStep(node);
  const context = {
    replyTo: replaced.replyTo || host.replyTo,
    errbacksOnHeader: host.errbacksOnHeader,
    ensureChordsAllowed: () => host.ensureChordsAllowed(),
  };
  freeze(node, { id: message.id }, context);
  const replaced_task_nesting = message.replacedTaskNesting + 1;
  Object.assign(
    node.options,
    mergeOptions(
      {},
      {
        chord: chord === null ? null : readNode(chord),
        group_id: message.group,
        group_index: message.groupIndex,
        root_id: rootId,
        replaced_task_nesting,
      },
    ),
  );
  if (isChain(node)) for (const step of tasksOf(node)) step.options.replaced_task_nesting = replaced_task_nesting;
  return withRestOfChain(node, message, replaced_task_nesting);
}

/** A group becomes a chord, so that its results have one task to come from. */
function inPlace(signature: SignatureNode): SignatureNode {
  return isGroup(signature) ? pipe(signature, taskNode("celery.accumulate", [], { index: 0 })) : cloneNode(signature);
}

/** Callbacks of a chain are its last step's, even when more steps follow. */
function linkLastStep(chain: SignatureNode): void {
  const last = tasksOf(chain).at(-1);
  const links = listOption(chain.options, "link");
  if (last === undefined || links.length === 0) return;
  for (const callback of links) link(last, callback);
  delete chain.options.link;
}

function withRestOfChain(node: SignatureNode, { embed }: TaskMessage, nesting: number): SignatureNode {
  let whole = node;
  for (const step of embed.chain === null ? [] : readNodes(embed.chain).toReversed()) {
    step.options.replaced_task_nesting = nesting;
    whole = pipe(whole, step);
  }
  return whole;
}

/**
 * Adds a signature to the chord whose header a task is in, in its place: `Task.add_to_chord`.
 *
 * @returns the signature with its ids, not sent yet
 */
export function joinHeader(host: CanvasHost, task: ReplacedTask, signature: SignatureNode): SignatureNode {
  const { group, groupIndex, embed } = task.message;
  const node = cloneNode(signature);
  const place = { group_id: group, group_index: groupIndex, root_id: task.rootId };
  Object.assign(node.options, mergeOptions({}, { ...place, chord: readNode(embed.chord) }));
  freeze(node, {}, host);
  return node;
}
