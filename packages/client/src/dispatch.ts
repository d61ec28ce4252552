import type { Broadcast } from "@cweb/broadcast";
import type { Discovery } from "@cweb/discovery";
import type { FlushReport, Mailbox } from "@cweb/mailbox";
import type { RemoteReader } from "@cweb/storage-remote";
import type { Cancellable } from "./contact-book.ts";
import { isStorageFailure } from "./storage-failure.ts";
import type { Upper } from "./upper.ts";

export interface DispatchParts {
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  /** Reads the own bucket. */
  readonly reader: RemoteReader;
  readonly upper: Upper;
  /** Called once the store has answered for the first time in this process. */
  readonly onFirstAnswer: (cancel: Cancellable) => Promise<void>;
  /** Called after an older state of this home was noticed: every session is to begin anew. */
  readonly onRestored: (cancel: Cancellable) => Promise<void>;
}

/** A restored state may be noticed only while uploading; then all is done once more, with what replaces it. */
const maxPasses = 3;
const descriptorMaxBytes = 65_536;

/** Does all that is due for the own bucket, in its order: the check for a restored state, the descriptor, the slots, the uploads. */
export class Dispatch {
  readonly #parts: DispatchParts;
  #hasBegun = false;

  constructor(parts: DispatchParts) {
    this.#parts = parts;
  }

  /** Storage failures are answered, not thrown. What waits is safe and goes with a later call. */
  async run(cancel: Cancellable = {}): Promise<FlushReport> {
    const stored: FlushReport["stored"][number][] = [];
    for (let pass = 1; ; pass++) {
      const report = await this.#pass(cancel);
      stored.push(...report.stored);
      if (!report.isRestored || pass === maxPasses) return { ...report, stored };
    }
  }

  async #pass(cancel: Cancellable): Promise<FlushReport & { readonly isRestored: boolean }> {
    const { mailbox, discovery, broadcast, upper, onRestored } = this.#parts;
    const before = await mailbox.incarnation(cancel);
    const failure = await this.#begin(cancel);
    const begun = await mailbox.incarnation(cancel);
    if (begun !== before) await onRestored(cancel);
    await discovery.maintain(cancel);
    // Objects that cannot be maintained keep no message from being uploaded.
    const trouble = failure === undefined ? await errorOf(() => upper.maintain(cancel), cancel) : undefined;
    await broadcast.seal(cancel);
    // Without a network the local steps are done all the same; asking a store again that has just not answered would only take time.
    if (failure !== undefined) return { stored: [], pending: true, failure, isRestored: false };
    const report = await this.#upload(cancel);
    const isRestored = (await mailbox.incarnation(cancel)) !== begun;
    if (isRestored) await onRestored(cancel);
    // What failed for want of the network is done in a later round.
    const isDamage = trouble !== undefined && !isStorageFailure(trouble);
    return { ...report, ...(isDamage && report.failure === undefined ? { failure: trouble } : {}), isRestored };
  }

  /** What is told of that something is stored goes at once. */
  async #upload(cancel: Cancellable): Promise<FlushReport> {
    const { mailbox, discovery, upper } = this.#parts;
    const flush = async (): Promise<{ readonly report: FlushReport; readonly hasMore: boolean }> => {
      const report = await mailbox.flush(cancel);
      await discovery.noteFlush(report, cancel);
      return { report, hasMore: await upper.noteFlush(report, cancel) };
    };
    const { report, hasMore } = await flush();
    if (!hasMore || report.failure !== undefined) return report;
    const { report: second } = await flush();
    return { ...second, stored: [...report.stored, ...second.stored] };
  }

  /** Answers why the store cannot be asked whether this state is the newest. */
  async #begin(cancel: Cancellable): Promise<unknown> {
    const { mailbox } = this.#parts;
    const before = await mailbox.incarnation(cancel);
    const failure = await failureOf(() => mailbox.begin(cancel), cancel);
    if (failure !== undefined || this.#hasBegun) return failure;
    // What fails here is done in a later round; it keeps nothing from being uploaded.
    const later = await failureOf(() => this.#first((current) => current !== before, cancel), cancel);
    this.#hasBegun = later === undefined;
    return undefined;
  }

  async #first(isOther: (incarnation: number) => boolean, cancel: Cancellable): Promise<void> {
    const { mailbox, discovery, onFirstAnswer } = this.#parts;
    const isNew = await mailbox.transact({ read: [discovery.ownRecord] }, (tx) => discovery.currentGen(tx) === 0, cancel);
    if (isNew || isOther(await mailbox.incarnation(cancel))) await this.#adopt(cancel);
    await onFirstAnswer(cancel);
  }

  /** A home made anew, or restored, goes on from what was published before. */
  async #adopt(cancel: Cancellable): Promise<void> {
    const { mailbox, discovery, reader } = this.#parts;
    const path = discovery.descriptorPath(discovery.identity.idBytes);
    const answer = await reader.read(path, { maxBytes: descriptorMaxBytes, ...cancel });
    const read = [discovery.ownRecord, discovery.prekeysRecord];
    await mailbox.transact({ read }, (tx) => discovery.adoptPublished(tx, answer), cancel);
  }
}

/** Runs `task`; answers the storage's failure. Others are thrown. */
async function failureOf(task: () => Promise<void>, cancel: Cancellable): Promise<unknown> {
  const error = await errorOf(task, cancel);
  if (error !== undefined && !isStorageFailure(error)) throw error;
  return error;
}

/** Runs `task`; answers what it throws, except an abort. */
async function errorOf(task: () => Promise<void>, { signal }: Cancellable): Promise<unknown> {
  try {
    await task();
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return error;
  }
}
