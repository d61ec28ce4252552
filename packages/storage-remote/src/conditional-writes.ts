import type { Random } from "@cweb/crypto";
import { toPath } from "./path.ts";
import type { Path, RemoteReader, RemoteWriter, Version, WriteResult } from "./port.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

/** Which conditions of `write` a store really honours. */
export interface ConditionalWrites {
  readonly absent: boolean;
  readonly version: boolean;
}

export interface ProofOptions {
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

// Cweb's smallest size class: a provider cannot tell the trial from traffic.
const SIZE = 4096;
const RACERS = 4;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";

interface Trial extends ProofOptions {
  readonly path: Path;
  readonly used: Path[];
}

function randomPath(random: Random): Path {
  return toPath([...random.bytes(32)].map((byte) => ALPHABET[byte % 32] ?? "a").join(""));
}

async function attempt(trial: Trial, bytes: Uint8Array, when: "absent" | Version): Promise<WriteResult | undefined> {
  try {
    return await trial.writer.write(trial.path, bytes, { when, ...(trial.signal && { signal: trial.signal }) });
  } catch (error) {
    if (error instanceof StorageRemoteError && error.code === "unsupported") return undefined;
    throw error;
  }
}

async function holds(trial: Trial, bytes: Uint8Array): Promise<Version | undefined> {
  const answer = await trial.reader.read(trial.path, { maxBytes: SIZE, ...(trial.signal && { signal: trial.signal }) });
  if (answer.kind !== "found" || answer.bytes.length !== bytes.length) return undefined;
  return answer.bytes.every((byte, index) => byte === bytes[index]) ? answer.version : undefined;
}

/** The first write stands, the second is refused, and of several at once exactly one wins. */
async function proveAbsent(trial: Trial): Promise<boolean> {
  const [first, second] = [trial.random.bytes(SIZE), trial.random.bytes(SIZE)];
  if ((await attempt(trial, first, "absent"))?.kind !== "stored") return false;
  if ((await attempt(trial, second, "absent"))?.kind !== "conflict") return false;
  if ((await holds(trial, first)) === undefined) return false;
  const race: Trial = { ...trial, path: randomPath(trial.random) };
  trial.used.push(race.path);
  const racers = Array.from({ length: RACERS }, () => trial.random.bytes(SIZE));
  const ended = await Promise.allSettled(racers.map((bytes) => attempt(race, bytes, "absent")));
  const broken = ended.find((end) => end.status === "rejected" && !(end.reason instanceof StorageRemoteError && end.reason.retryable));
  if (broken?.status === "rejected") throw broken.reason;
  const won = ended.flatMap((end, index) => (end.status === "fulfilled" && end.value?.kind === "stored" ? [index] : []));
  // A store may fail under the contention; such a write may have won without saying so.
  const unknown = ended.flatMap((end, index) => (end.status === "rejected" ? [index] : []));
  if (won.length > 1) return false;
  for (const index of won.length === 1 ? won : unknown) {
    const bytes = racers[index];
    if (bytes !== undefined && (await holds(race, bytes)) !== undefined) return true;
  }
  return false;
}

/** A write over the named version stands; over one that is gone, or over nothing at all, it is refused. */
async function proveVersion(trial: Trial): Promise<boolean> {
  const [first, second, third] = [trial.random.bytes(SIZE), trial.random.bytes(SIZE), trial.random.bytes(SIZE)];
  const signal = trial.signal && { signal: trial.signal };
  const base = await trial.writer.write(trial.path, first, { ...signal });
  const old = await holds(trial, first);
  if (base.kind !== "stored" || old === undefined) return false;
  if ((await attempt(trial, second, old))?.kind !== "stored") return false;
  if ((await attempt(trial, third, old))?.kind !== "conflict") return false;
  const now = await holds(trial, second);
  if (now === undefined) return false;
  await trial.writer.remove(trial.path, { ...signal });
  return (await attempt(trial, third, now))?.kind === "conflict";
}

/** Stores that take one write a second for an object (R2) cannot be tried at this speed. A guard is not worth failing for: it stays unproved. */
async function unlessLimited(proof: Promise<boolean>): Promise<boolean> {
  try {
    return await proof;
  } catch (error) {
    if (error instanceof StorageRemoteError && error.code === "rate-limited") return false;
    throw error;
  }
}

/**
 * Tries on random names whether `when` is honoured: some stores refuse it, and some ignore it without a word. Costs about 16
 * requests of at most 4 KiB and removes what it wrote, also when aborted. A store that asks for fewer requests proves nothing; its
 * other failures are thrown.
 */
export async function proveConditionalWrites(options: ProofOptions): Promise<ConditionalWrites> {
  const used: Path[] = [];
  const start = (): Trial => {
    const trial = { ...options, path: randomPath(options.random), used };
    used.push(trial.path);
    return trial;
  };
  try {
    options.signal?.throwIfAborted();
    return { absent: await unlessLimited(proveAbsent(start())), version: await unlessLimited(proveVersion(start())) };
  } finally {
    // Without the signal: an aborted trial is cleaned up, too. Where even this fails, 4 KiB of noise stay behind.
    await Promise.allSettled(used.map((path) => options.writer.remove(path)));
  }
}
