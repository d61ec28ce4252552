import type { Random } from "@cweb/crypto";
import type { Path } from "@cweb/storage-remote";

/** Something for the application, kept in the inbox until it is acknowledged. `kind` and `body` belong to the protocol that delivers it. */
export interface InboxEvent {
  /** Lower-case words joined by `-`, at most 64 characters, such as `message` or `session-reset`. */
  readonly kind: string;
  /** At most 64 KiB. */
  readonly body: Uint8Array;
}

export interface PublishOptions {
  /** Comes back in the flush report when the object is stored. Never leaves the home. */
  readonly tag?: string;
  /** Upload only after a beacon that covers this commit: for the first object of a session, room chain or Shared Object, descriptors and slots (SPEC §5.1). */
  readonly beaconFirst?: boolean;
  /**
   * Names the session or room chain of an immutable object. Before a process's first upload to a chain its path is read: other bytes there mean
   * that an old state was restored (SPEC §5.3).
   */
  readonly chain?: string;
}

/**
 * One atomic step over local records and the outbox. Its callback is synchronous and may run again after a conflict, so it
 * must not change anything but through the transaction.
 */
export interface Transaction {
  /** The clock when the step began, in ms. */
  readonly now: number;
  /** The clock as far as the own storage has confirmed it (SPEC §4.2): what every timer that erases something goes by. Never above `now`. */
  readonly confirmedNow: number;
  /** The incarnation of this home (SPEC §5.4). A step that has read it is never committed in another one. */
  readonly incarnation: number;
  readonly random: Random;
  /** TICK(): a u64 above every earlier one of this home (SPEC §4.1). */
  tick(): number;
  /**
   * A record, `undefined` where there is none. Sees this transaction's own changes. One that was not asked for in `read` is loaded and the
   * step runs again from its beginning.
   */
  get(name: string): Uint8Array | undefined;
  /** The first records of a prefix (`limit`: 1,000), in order of names, likewise. Does not see this transaction's own changes. */
  scan(prefix: string, options?: ScanOptions): readonly { readonly name: string; readonly bytes: Uint8Array }[];
  put(name: string, bytes: Uint8Array): void;
  remove(name: string): void;
  /** Queues an immutable object: one path, one content for ever. Throws `MailboxError` `path-in-use` for a path whose record exists with other bytes. */
  publish(path: Path, bytes: Uint8Array, options?: PublishOptions): void;
  /** Queues the newest content of a mutable object (descriptor, slot, Shared Object). */
  replace(path: Path, bytes: Uint8Array, options?: PublishOptions): void;
  /** Forgets an object of either kind and queues its deletion (SPEC §3.3). Harmless for a path that is not there. */
  withdraw(path: Path): void;
  /** Immutable objects whose upload is not known to have succeeded: nobody can have read them for sure. Without this transaction's own. */
  waiting(): ReadonlySet<Path>;
  /** Adds to the inbox, in the order of commits. Throws `MailboxError` `too-large`. */
  deliver(event: InboxEvent): void;
  /** Erases these bytes once the step is committed. */
  consume(...secrets: readonly Uint8Array[]): void;
}

export interface ScanOptions {
  /** Only names that sort after this one. */
  readonly after?: string;
  readonly limit?: number;
}

/** What a step is known to need, so that one load serves it. */
export interface TransactionRequest {
  readonly read?: readonly string[];
  readonly scan?: readonly (ScanOptions & { readonly prefix: string })[];
}
