import type { CipherSuite } from "@cweb/crypto";
import type { CwebId, OwnIdentity } from "@cweb/discovery";
import type { Mailbox, Transaction } from "@cweb/mailbox";
import type { KindRegistry, OutgoingMessage } from "@cweb/session";
import type { RemoteReader } from "@cweb/storage-remote";

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface Rider {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

export interface RoomsOptions {
  readonly mailbox: Pick<Mailbox, "transact" | "scan" | "guard" | "clock">;
  readonly crypto: CipherSuite;
  readonly identity: OwnIdentity;
  /** The own contact card, one line of text: members learn from it where to read this home. */
  card(options: Cancellable): Promise<string>;
  /** The registry of the sessions: which kinds of messages may stand in rooms. Asked for after the layer was registered. */
  kinds(): KindRegistry;
  /** `Session.enqueue` of the session with this contact. */
  enqueue(tx: Transaction, to: CwebId, message: OutgoingMessage): void;
  /** `Session.addRider`, likewise. */
  addRider(tx: Transaction, to: CwebId, rider: Rider, replaces: (other: Rider) => boolean): void;
  /** `Session.reads`: one load then serves a step. */
  reads?(to: CwebId): readonly string[];
  /** Whether there is such a contact, so that there can be a session with it. */
  isContact(tx: Transaction, member: CwebId): boolean;
  /** Reads a member's bucket. `profile`: as the newest epoch says, unknown before there is one. `undefined`: not known where. */
  openReader(
    member: { readonly id: CwebId; readonly profile: Uint8Array | undefined },
    options: Cancellable,
  ): Promise<RemoteReader | undefined>;
  /** Makes a contact of a member that must be written to and is none yet: a new admin sends keys to all. Without it such letters wait. */
  introduce?(card: string, options: Cancellable): Promise<void>;
  /** Members to whom each own message is announced at once: 0 to 8, by default 8. */
  readonly hints?: number;
}

export const cancel = (signal: AbortSignal | undefined): Cancellable => (signal ? { signal } : {});
