import { appendOption, bodyOf, cloneNode, headerOf, isChord, isGroup, type SignatureNode, tasksOf } from "./node.js";

/** Adds a task that runs once the signature succeeds. A group has no success of its own: its first member gets it. */
export function link(node: SignatureNode, callback: SignatureNode): void {
  if (isGroup(node)) {
    const [first] = tasksOf(node);
    if (first !== undefined) link(first, { ...cloneNode(callback), immutable: true });
  } else if (isChord(node)) {
    const body = bodyOf(node);
    if (body !== null) link(body, callback);
  } else appendOption(node, "link", [callback]);
}

/**
 * Adds a task that runs when the signature fails. Every member of a group gets it, and the body of a chord.
 *
 * @param onHeader the members of a chord's header get it too: Celery's `task_allow_error_cb_on_chord_header`
 */
export function linkError(node: SignatureNode, errback: SignatureNode, onHeader: boolean): void {
  if (isGroup(node)) {
    for (const member of tasksOf(node)) linkError(member, cloneNode(errback), onHeader);
  } else if (isChord(node)) {
    for (const member of headerOf(node)) {
      if (onHeader) linkError(member, { ...cloneNode(errback), immutable: true }, onHeader);
      else if (isChord(member)) linkError(member, errback, onHeader);
    }
    const body = bodyOf(node);
    if (body !== null) linkError(body, errback, onHeader);
  } else appendOption(node, "link_error", [errback]);
}

/** Whether the signature takes no results: of a group and of a chord's header, every member. */
export function setImmutable(node: SignatureNode, immutable: boolean): void {
  if (isGroup(node)) for (const member of tasksOf(node)) setImmutable(member, immutable);
  else if (isChord(node)) for (const member of headerOf(node)) setImmutable(member, immutable);
  else node.immutable = immutable;
}
