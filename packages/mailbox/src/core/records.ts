import { bool, bytesUpTo, codec, nullable, struct, type TypeOf, text, u64, uint } from "@cweb/serialization";
import type { Path } from "@cweb/storage-remote";

/** Names of this package's records. `content` holds an object's bytes as they are; the others say what is to be done with it. */
export const names = {
  home: "mailbox/home",
  lease: "mailbox/lease",
  content: (path: Path): string => `mailbox/content/${path}`,
  immutable: (path: Path): string => `mailbox/immutable/${path}`,
  pending: (path: Path): string => `mailbox/pending/${path}`,
  mutable: (path: Path): string => `mailbox/mutable/${path}`,
  deletion: (path: Path): string => `mailbox/deletion/${path}`,
  inbox: (seq: number): string => `mailbox/inbox/${seq.toString(16).padStart(14, "0")}`,
} as const;

export const prefixes = {
  pending: "mailbox/pending/",
  mutable: "mailbox/mutable/",
  deletion: "mailbox/deletion/",
  inbox: "mailbox/inbox/",
} as const;

/** The path in the name of a record of the last four kinds. */
export const pathIn = (name: string): Path => name.slice(name.indexOf("/", "mailbox/".length) + 1) as Path;

/** An immutable object, from its creation to its withdrawal. */
const immutableType = struct({
  commit: u64,
  /** Whether a PUT of it may still land unseen: of another process, or of unknown outcome. Such an object is deleted twice. */
  contested: bool,
});
export type Immutable = TypeOf<typeof immutableType>;
export const immutableCodec = codec(immutableType, { maxBytes: 64 });

/** An immutable object that is not known to be stored. */
const pendingType = struct({
  commit: u64,
  /** Place among those of the same commit. */
  index: uint(),
  beaconFirst: bool,
  /** The process that may have begun to upload it. */
  uploader: text(64),
  tag: nullable(text(512)),
  chain: nullable(text(128)),
});
export type Pending = TypeOf<typeof pendingType>;
export const pendingCodec = codec(pendingType, { maxBytes: 2048 });

/** An object that changes in place. Its `content` record holds the newest bytes. */
const mutableType = struct({
  /** Of the newest bytes. */
  revision: u64,
  /** Of the bytes known to be stored; 0: none, or not known. */
  stored: u64,
  commit: u64,
  beaconFirst: bool,
  tag: nullable(text(512)),
});
export type Mutable = TypeOf<typeof mutableType>;
export const mutableCodec = codec(mutableType, { maxBytes: 1024 });

/** A queued deletion. */
const deletionType = struct({
  /** Of the object's creation. */
  commit: u64,
  queuedAt: u64,
  /** How many DELETEs are still to be done. */
  remaining: uint(2),
  /** The next one not before this time. */
  notBefore: u64,
});
export type Deletion = TypeOf<typeof deletionType>;
export const deletionCodec = codec(deletionType, { maxBytes: 128 });

/** Something for the application. */
const inboxType = struct({ kind: text(64), handedOut: bool, body: bytesUpTo(65_536) });
export type InboxRecord = TypeOf<typeof inboxType>;
export const inboxCodec = codec(inboxType, { maxBytes: 66_000 });

/** Who does what only one process may do: mutable objects, the beacon, deletions. */
const leaseType = struct({
  /** Empty: free. */
  holder: text(64),
  until: u64,
  /** When the mutable objects are to be read again because an earlier holder's PUT may land late; 0: no need. Nothing is deleted before that. */
  verifyAt: u64,
  /** When they were last read again. */
  checkedAt: u64,
});
export type Lease = TypeOf<typeof leaseType>;
export const leaseCodec = codec(leaseType, { maxBytes: 256 });
