import { closeSync, fstatSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import type { PlanningMeans, SolveState } from "../../poker/solver/checkpoints.js";

/** What stands behind the tables in a checkpoint's file. */
export interface CheckpointHeader {
  /** {@link SOLVER_VERSION} of the solver, and the hash of the game. */
  readonly version: number;
  readonly hash: string;
  /** Text that tells plans apart. */
  readonly plan: string;
  readonly means: PlanningMeans;
  readonly state: SolveState;
  readonly bytes: number;
  /** CRC-32 of the tables. */
  readonly checksum: number;
}

const MAGIC = Buffer.from("plosolv1");
const LENGTH_BYTES = 4;
const TAIL_BYTES = LENGTH_BYTES + MAGIC.length;
const MOST_HEADER_BYTES = 16 * 2 ** 20;
/** Shared memory is copied piece by piece: files and checksums take none. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Writes a file in place of the one of its name: whole and on the disk, or not at all. Tables come first, then the header as JSON,
 * its length and eight letters.
 *
 * @param mayReplace asked once the bytes are on the disk
 */
export function writeCheckpoint(
  path: string,
  folder: string,
  header: Omit<CheckpointHeader, "bytes" | "checksum">,
  tables: Uint8Array,
  mayReplace: () => boolean,
): void {
  const part = `${path}.part`;
  const file = openSync(part, "w", 0o600);
  try {
    let checksum = 0;
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, tables.length));
    for (let at = 0; at < tables.length; at += CHUNK_BYTES) {
      const piece = chunk.subarray(0, Math.min(CHUNK_BYTES, tables.length - at));
      piece.set(tables.subarray(at, at + piece.length));
      checksum = crc32(piece, checksum);
      writeAll(file, piece);
    }
    const text = Buffer.from(JSON.stringify({ ...header, bytes: tables.length, checksum }));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(text.length);
    writeAll(file, Buffer.concat([text, length, MAGIC]));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (!mayReplace()) {
    rmSync(part);
    return;
  }
  renameSync(part, path);
  const entry = openSync(folder, "r");
  try {
    fsyncSync(entry);
  } finally {
    closeSync(entry);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** The header of a file; null where it is no whole checkpoint. @throws what the file system throws */
export function readHeader(path: string): CheckpointHeader | null {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const tail = readAt(file, Math.max(0, size - TAIL_BYTES), TAIL_BYTES);
    if (!tail?.subarray(LENGTH_BYTES).equals(MAGIC)) return null;
    const length = tail.readUInt32LE();
    const start = size - TAIL_BYTES - length;
    if (start < 0 || length > MOST_HEADER_BYTES) return null;
    const text = readAt(file, start, length);
    const header = text && (JSON.parse(text.toString()) as CheckpointHeader);
    return header?.bytes === start ? header : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Reads the tables, if they are what was written; else leaves `into` as it was. @throws what the file system throws */
export function readTables(path: string, { bytes, checksum }: CheckpointHeader, into: Uint8Array): boolean {
  if (bytes !== into.length) return false;
  const file = openSync(path, "r");
  try {
    // Through once to be sure, and once more to take it.
    for (const take of [false, true]) {
      let found = 0;
      for (let at = 0; at < bytes; at += CHUNK_BYTES) {
        const piece = readAt(file, at, Math.min(CHUNK_BYTES, bytes - at));
        if (piece === null) return false;
        if (take) into.set(piece, at);
        else found = crc32(piece, found);
      }
      if (!take && found !== checksum) return false;
    }
    return true;
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, position: number, length: number): Buffer | null {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const read = readSync(file, bytes, at, length - at, position + at);
    if (read === 0) return null;
    at += read;
  }
  return bytes;
}
