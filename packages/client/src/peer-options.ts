import type { CipherSuite, Clock, Random } from "@cweb/crypto";
import type { PublicProperties } from "@cweb/discovery";
import type { ProcessName } from "@cweb/mailbox";
import type { MessageKind } from "@cweb/session";
import type { LocalStore } from "@cweb/storage-local";
import type { Meter, RemoteReader, RemoteWriter } from "@cweb/storage-remote";

/** How long a round waits for one contact, in ms. */
export const defaultPatience = 10_000;

/** The ports of a peer: nothing is chosen for you. */
export interface PeerOptions {
  readonly local: LocalStore;
  readonly crypto: CipherSuite;
  readonly random: Random;
  readonly clock: Clock;
  /** Writes the own bucket. */
  readonly writer: RemoteWriter;
  /** Reads the own bucket, with the owner's rights. */
  readonly reader: RemoteReader;
  /** Reads the bucket that an encoded read profile names (`decodeReadProfile` of `@cweb/storage-remote`). May throw its `bad-profile`. */
  readonly openReader: (profile: Uint8Array) => RemoteReader;
  /** Names the store of an encoded read profile in alarms and status, without its keys. Default: not named. */
  readonly describeStore?: (profile: Uint8Array) => string;
  /** The meter around all these ports, if any: its counts are kept beyond the process. */
  readonly meter?: Meter;
  /** Kinds of messages of upper layers. */
  readonly kinds?: readonly MessageKind[];
  /** Set where one `write` may be several requests, as `withRetry` makes it. */
  readonly repeatsWrites?: boolean;
  /** Invitations of contacts to rooms: `accept` them as they come, or wait for `Peer.rooms.join`. Default `accept`. */
  readonly rooms?: "accept" | "ask";
  /** Members of a room to whom each own message is announced at once: 0 to 8, by default 8. Others come upon it later. */
  readonly hints?: number;
  /** Lets the processes of this home tell which of them are gone: one that was killed holds up the others for 60 s otherwise. */
  readonly process?: ProcessName;
  /** Contacts polled at a time. Default 8. */
  readonly concurrency?: number;
  /** How long a round waits for one contact, in ms. Default 10,000. */
  readonly patience?: number;
  /** How long one contact's poll may go on beside the rounds, in ms. Default 60,000. */
  readonly contactTimeout?: number;
}

export interface CreatePeerOptions extends PeerOptions {
  /** The encoded read profile of the own bucket (`encodeReadProfile`), at most 1 KiB: it goes into the card and the descriptor. */
  readonly profile: Uint8Array;
  readonly publicProperties?: PublicProperties;
}
