import type { Random } from "@cweb/crypto";
import type { ConditionalWrites } from "./conditional-writes.ts";
import { toPath } from "./path.ts";
import type { Path, ReadOptions, ReadResult, RemoteLister, RemoteReader, RemoteWriter, Version } from "./port.ts";
import { StorageRemoteError, type StorageRemoteErrorCode } from "./storage-remote-error.ts";

const MAX = 1 << 20;

/** The back-end under test. `reader` and `writer` are of one bucket, which may hold other objects. */
export interface ConformanceContext {
  readonly reader: RemoteReader;
  readonly writer: RemoteWriter;
  readonly lister?: RemoteLister;
  readonly random: Random;
  /** What the store is known to honour: the proof must find just this. */
  readonly conditionalWrites: ConditionalWrites;
}

export interface ConformanceCase {
  readonly name: string;
  /** Resolves where the back-end passes; rejects with a sentence that says what it did wrong. Removes what it wrote. */
  readonly run: (context: ConformanceContext) => Promise<void>;
}

/** Fails the case with this sentence unless `condition` holds. */
export function check(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new StorageRemoteError("bad-answer", sentence);
}

/** Checks that two contents are the same. */
export function checkBytes(found: Uint8Array, wanted: Uint8Array, what: string): void {
  check(found.length === wanted.length, `${what}: ${found.length} bytes instead of ${wanted.length}.`);
  check(
    found.every((byte, index) => byte === wanted[index]),
    `${what}: other bytes than were stored.`,
  );
}

/** Checks that `action` fails with this code, and answers its error. */
export async function checkFails(action: Promise<unknown>, code: StorageRemoteErrorCode, what: string): Promise<StorageRemoteError> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  check(error instanceof StorageRemoteError, `${what}: expected the error ${code}.`);
  check(error.code === code, `${what}: expected the error ${code}, not ${error.code}.`);
  return error;
}

/** Checks that `action` rejects with just this reason. */
export async function checkAborted(action: Promise<unknown>, reason: unknown, what: string): Promise<void> {
  const error: unknown = await action.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  check(error === reason, `${what}: an abort must reject with the signal's own reason.`);
}

/** One case's view of the bucket: random names, removed at its end. */
export class Trial {
  readonly context: ConformanceContext;
  readonly #used: Set<Path> = new Set();

  constructor(context: ConformanceContext) {
    this.context = context;
  }

  get random(): Random {
    return this.context.random;
  }

  /** A new path: `before`, random letters, `behind`. */
  path(before = "", behind = ""): Path {
    const letters = [...this.random.bytes(24)].map((byte) => String.fromCharCode(97 + (byte % 26))).join("");
    return this.use(toPath(`${before}${letters}${behind}`));
  }

  /** Has this path removed at the end, too. */
  use(path: Path): Path {
    this.#used.add(path);
    return path;
  }

  async store(path: Path, bytes: Uint8Array): Promise<Version> {
    const result = await this.context.writer.write(path, bytes);
    check(result.kind === "stored", "A write without a condition was answered with a conflict.");
    return result.version;
  }

  async read(path: Path, options: Partial<ReadOptions> = {}): Promise<ReadResult> {
    return this.context.reader.read(path, { maxBytes: MAX, ...options });
  }

  async found(path: Path, options: Partial<ReadOptions> = {}): Promise<Extract<ReadResult, { kind: "found" }>> {
    const result = await this.read(path, options);
    check(result.kind === "found", `A stored object was read as ${result.kind}.`);
    return result;
  }

  async missing(path: Path, what: string): Promise<void> {
    const result = await this.read(path);
    check(result.kind === "absent" || result.kind === "forbidden", `${what} was read as ${result.kind}.`);
  }

  async clean(): Promise<void> {
    for (const path of this.#used) await this.context.writer.remove(path);
  }
}

/** A case's `run`, which cleans up after `body`. */
export function inTrial(body: (trial: Trial) => Promise<void>): ConformanceCase["run"] {
  return async (context) => {
    const trial = new Trial(context);
    try {
      await body(trial);
    } finally {
      await trial.clean();
    }
  };
}
