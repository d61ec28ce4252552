import type { CipherSuite } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Mailbox, Transaction } from "@cweb/mailbox";
import type { OutgoingMessage } from "@cweb/session";
import type { RemoteReader } from "@cweb/storage-remote";

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface Rider {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Where values go that do not fit into one object: file-sharing, bound to this home by its composition root. */
export interface ValueFiles {
  /** Resolves when all of it is stored. `key` names the upload, so that it can be resumed: another value has another. `reference`: at most 4 KiB. */
  publish(
    value: Uint8Array,
    options: Cancellable & { readonly key: string },
  ): Promise<{ readonly reference: Uint8Array; readonly fileId: string }>;
  /** The ids of all files that `publish` has made or begun. With it, files of processes that died are found and removed. */
  list?(options: Cancellable): Promise<readonly string[]>;
  /** Harmless for a file that is gone. */
  remove(fileId: string, options: Cancellable): Promise<void>;
  /** The whole file of this owner (possibly this home itself). Throws file-sharing's errors. */
  read(reference: Uint8Array, owner: CwebId, options: Cancellable & { readonly maxBytes: number }): Promise<Uint8Array>;
}

export interface SharedObjectsOptions {
  readonly mailbox: Pick<Mailbox, "transact" | "load" | "scan" | "guard" | "clock" | "random">;
  readonly crypto: CipherSuite;
  /** Of this home, 32 bytes. */
  readonly ownId: Uint8Array;
  /** `Session.enqueue` of the session with this contact. */
  enqueue(tx: Transaction, to: CwebId, message: OutgoingMessage): void;
  /** `Session.addRider`, likewise. */
  addRider(tx: Transaction, to: CwebId, rider: Rider, replaces: (other: Rider) => boolean): void;
  /** `Session.reads`: one load then serves a step. */
  reads?(to: CwebId): readonly string[];
  /** Reads the contact's bucket; `undefined` where it is not known yet or not any more. */
  openReader(contact: CwebId, options: Cancellable): Promise<RemoteReader | undefined>;
  /** Without it, values above 60 KiB are refused. */
  readonly files?: ValueFiles;
}

export const cancel = (signal: AbortSignal | undefined): Cancellable => (signal ? { signal } : {});
