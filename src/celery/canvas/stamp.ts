import {
  bodyOf,
  groupNode,
  headerOf,
  isChain,
  isChord,
  isGroup,
  listOption,
  type SignatureNode,
  type SignatureOptions,
  tasksOf,
} from "./node.js";

/** Stamps by name: a text, number or list each. */
export type Stamps = Readonly<Record<string, unknown>>;

/**
 * Chooses stamps while a canvas is walked: Celery's `StampingVisitor`. Each method may return stamps for the signature
 * it is given (as it travels) and, where that is a canvas, for everything in it. `headers` are the stamps so far. The
 * methods that end in `End` are told that all of a canvas is stamped. Without those for chord headers the ones for
 * groups are given the header as a group.
 */
export interface StampingVisitor {
  onSignature?(signature: Readonly<SignatureNode>, headers: Stamps): Stamps;
  onGroupStart?(group: Readonly<SignatureNode>, headers: Stamps): Stamps;
  onGroupEnd?(group: Readonly<SignatureNode>, headers: Stamps): void;
  onChainStart?(chain: Readonly<SignatureNode>, headers: Stamps): Stamps;
  onChainEnd?(chain: Readonly<SignatureNode>, headers: Stamps): void;
  onChordHeaderStart?(chord: Readonly<SignatureNode>, headers: Stamps): Stamps;
  onChordHeaderEnd?(chord: Readonly<SignatureNode>, headers: Stamps): void;
  onChordBody?(chord: Readonly<SignatureNode>, headers: Stamps): Stamps;
  onCallback?(callback: Readonly<SignatureNode>, headers: Stamps): Stamps;
  onErrback?(errback: Readonly<SignatureNode>, headers: Stamps): Stamps;
}

type Headers = Record<string, unknown> & { stamped_headers?: string[] };

/** Stamps a signature, everything in it, and its callbacks and errbacks, in place. */
export function stamp(node: SignatureNode, visitor: StampingVisitor, stamps: Stamps, append = false): void {
  const headers: Headers = { ...stamps };
  if (isChain(node)) {
    const chosen = visitor.onChainStart?.(node, headers);
    const stamped = stampMembers(node, tasksOf(node), chosen, visitor, headers, append);
    visitor.onChainEnd?.(node, stamped);
  } else if (isGroup(node)) {
    const chosen = visitor.onGroupStart?.(node, headers);
    const stamped = stampMembers(node, tasksOf(node), chosen, visitor, headers, append);
    visitor.onGroupEnd?.(node, stamped);
  } else if (isChord(node)) {
    stampChord(node, visitor, headers, append);
  } else {
    stampLinks(node, visitor, headers, append);
    const chosen = visitor.onSignature?.(node, headers);
    Object.assign(node.options, collect(headers, chosen, node.options, append));
  }
}

function stampMembers(
  node: SignatureNode,
  members: readonly SignatureNode[],
  chosen: Stamps | undefined,
  visitor: StampingVisitor,
  given: Headers,
  append: boolean,
): Headers {
  const headers = collect(given, chosen, node.options, append);
  stampLinks(node, visitor, headers, append);
  for (const member of members) stamp(member, visitor, headers, append);
  return headers;
}

function stampChord(node: SignatureNode, visitor: StampingVisitor, given: Headers, append: boolean): void {
  const header = headerOf(node);
  const chosenForHeader = visitor.onChordHeaderStart
    ? visitor.onChordHeaderStart(node, given)
    : visitor.onGroupStart?.(groupNode(header), given);
  const headers = stampMembers(node, header, chosenForHeader, visitor, given, append);
  if (visitor.onChordHeaderEnd) visitor.onChordHeaderEnd(node, headers);
  else visitor.onGroupEnd?.(groupNode(header), headers);
  const body = bodyOf(node);
  if (body === null) return;
  const chosen = visitor.onChordBody?.(node, headers);
  stamp(body, visitor, collect(headers, chosen, node.options, append), append);
}

/** Links get the stamps from outside, not those of the signature they hang on. */
function stampLinks(node: SignatureNode, visitor: StampingVisitor, headers: Headers, append: boolean): void {
  for (const [name, choose] of [
    ["link", visitor.onCallback],
    ["link_error", visitor.onErrback],
  ] as const) {
    for (const linked of listOption(node.options, name)) {
      stamp(linked, visitor, collect(headers, choose?.call(visitor, linked, headers), null, append), append);
    }
  }
}

/** Stamps from outside, from the visitor, and the signature's own; earlier ones win unless they are gathered in lists. */
function collect(
  given: Headers,
  chosen: Stamps | undefined,
  own: SignatureOptions | null,
  append: boolean,
): Headers & { stamped_headers: string[] } {
  const headers = withNames(given);
  if (chosen !== undefined) merge(headers, withNames(chosen), append);
  if (own !== null) {
    const names = new Set([...headers.stamped_headers, ...(own.stamped_headers ?? [])]);
    headers.stamped_headers = [...names];
    merge(headers, Object.fromEntries(Object.entries(own).filter(([name]) => names.has(name))), append);
  }
  return { ...headers, stamped_headers: [...new Set(headers.stamped_headers)] };
}

function withNames(stamps: Stamps): Headers & { stamped_headers: string[] } {
  const names = Array.isArray(stamps.stamped_headers) ? (stamps.stamped_headers as string[]) : Object.keys(stamps);
  return { ...stamps, stamped_headers: [...names] };
}

function merge(into: Record<string, unknown>, from: Readonly<Record<string, unknown>>, append: boolean): void {
  for (const [name, added] of Object.entries(from)) {
    const present = into[name];
    if (!(name in into)) into[name] = added;
    else if (Array.isArray(present) && Array.isArray(added)) into[name] = [...present, ...added];
    else if (append) into[name] = [present, added].flat();
  }
}
