import type { Broadcast } from "@cweb/broadcast";
import type { Discovery } from "@cweb/discovery";
import type { FlushReport, Mailbox } from "@cweb/mailbox";
import type { RemoteReader } from "@cweb/storage-remote";
import type { Cancellable } from "./contact-book.ts";

export interface DispatchParts {
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  /** Reads the own bucket. */
  readonly reader: RemoteReader;
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
    const { mailbox, discovery, broadcast, onRestored } = this.#parts;
    const before = await mailbox.incarnation(cancel);
    // Without a network the local steps are done all the same; `flush` tries to begin again, and answers why it cannot.
    const failure = await this.#begin(cancel);
    const begun = await mailbox.incarnation(cancel);
    if (begun !== before) await onRestored(cancel);
    await discovery.maintain(cancel);
    await broadcast.seal(cancel);
    const report = await mailbox.flush(cancel);
    await discovery.noteFlush(report, cancel);
    const isRestored = (await mailbox.incarnation(cancel)) !== begun;
    if (isRestored) await onRestored(cancel);
    return { ...report, ...(failure !== undefined && report.failure === undefined && report.pending ? { failure } : {}), isRestored };
  }

  async #begin(cancel: Cancellable): Promise<unknown> {
    const { mailbox, discovery, reader, onFirstAnswer } = this.#parts;
    try {
      const before = await mailbox.incarnation(cancel);
      await mailbox.begin(cancel);
      const isNew = await mailbox.transact({ read: [discovery.ownRecord] }, (tx) => discovery.currentGen(tx) === 0, cancel);
      if (isNew || (await mailbox.incarnation(cancel)) !== before) {
        const answer = await reader.read(discovery.descriptorPath(discovery.identity.idBytes), {
          maxBytes: descriptorMaxBytes,
          ...cancel,
        });
        await mailbox.transact(
          { read: [discovery.ownRecord, discovery.prekeysRecord] },
          (tx) => discovery.adoptPublished(tx, answer),
          cancel,
        );
      }
      if (!this.#hasBegun) await onFirstAnswer(cancel);
      this.#hasBegun = true;
      return undefined;
    } catch (failure) {
      cancel.signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
      return failure;
    }
  }
}

/** The ports of storage-remote throw errors of one class; it is told by its name so that a third party's port may bring its own. */
export function isStorageFailure(failure: unknown): boolean {
  return failure instanceof Error && failure.name === "StorageRemoteError";
}
