import {
  bool,
  bytes,
  bytesUpTo,
  type Codec,
  codec,
  nullable,
  struct,
  type TypeOf,
  text,
  u64,
  uint,
  type WireType,
} from "@cweb/serialization";
import type { Path } from "@cweb/storage-remote";
import { MailboxError } from "../mailbox-error.ts";

/**
 * Names of this package's records. `content` holds an object's bytes as they are, `immutable` and `mutable` say what it is;
 * all under `todo` is work that waits, so that one scan shows whether there is any.
 */
export const names = {
  home: "mailbox/home",
  lease: "mailbox/lease",
  /** The sealed bytes of a beacon whose PUT has no known outcome yet. */
  beacon: "mailbox/beacon",
  content: (path: Path): string => `mailbox/content/${path}`,
  immutable: (path: Path): string => `mailbox/immutable/${path}`,
  mutable: (path: Path): string => `mailbox/mutable/${path}`,
  deletion: (path: Path): string => `mailbox/todo/delete/${path}`,
  store: (path: Path): string => `mailbox/todo/store/${path}`,
  upload: (path: Path): string => `mailbox/todo/upload/${path}`,
  inbox: (seq: number): string => `mailbox/inbox/${seq.toString(16).padStart(14, "0")}`,
} as const;

export const prefixes = {
  own: "mailbox/",
  mutable: "mailbox/mutable/",
  inbox: "mailbox/inbox/",
  todo: "mailbox/todo/",
  deletion: "mailbox/todo/delete/",
  store: "mailbox/todo/store/",
  upload: "mailbox/todo/upload/",
} as const;

/** All records that say something of one path. */
export const recordsOf = (path: Path): readonly string[] => [
  names.content(path),
  names.immutable(path),
  names.mutable(path),
  names.deletion(path),
  names.store(path),
  names.upload(path),
];

export const pathIn = (name: string, prefix: string): Path => name.slice(prefix.length) as Path;

/** Our own records come from our own disk: bytes that do not decode are damage, not input. */
function record<T>(type: WireType<T>, maxBytes: number): Codec<T> {
  const inner = codec(type, { maxBytes });
  return {
    encode: inner.encode,
    decode(stored: Uint8Array): T {
      try {
        return inner.decode(stored);
      } catch (cause) {
        const advice = "a record of the mailbox is damaged: restore the home from a backup, or set it up again";
        throw new MailboxError("damaged-record", advice, { cause });
      }
    },
  };
}

const homeType = struct({
  incarnation: u64,
  /** Rises with each commit that creates or deletes a remote object, and with each beacon. */
  commit: u64,
  lastTick: u64,
  /** The clock when the own storage last answered a request that a wrong clock would have failed; 0: never. */
  provedAt: u64,
  /** What timers that erase go by: as `provedAt`, or paced where the storage does not check the clock. */
  confirmedAt: u64,
  /** Number of the newest inbox entry. */
  inboxSeq: u64,
  beacon: struct({
    /** What the last stored beacon said; 0 and 0 before the first. */
    incarnation: u64,
    commit: u64,
    /** SHA-256 of the beacon stored last. */
    stored: nullable(bytes(32)),
    /** Of the one whose PUT has no known outcome; its bytes are in their own record. Only these are sent until that is settled. */
    inFlight: nullable(struct({ commit: u64, hash: bytes(32) })),
    /** To be stored whether or not something needs it: the bucket's is gone or old, or the incarnation is new. */
    isDue: bool,
  }),
});
/** What this home knows of itself. */
export type Home = TypeOf<typeof homeType>;
export const homeCodec: Codec<Home> = record(homeType, 1024);

const immutableType = struct({
  commit: u64,
  /** Whether a PUT of it may land unseen: of another process, or one whose outcome nobody knows. Such an object is deleted twice. */
  contested: bool,
});
/** An object that never changes, from its creation to its withdrawal. */
export type Immutable = TypeOf<typeof immutableType>;
export const immutableCodec: Codec<Immutable> = record(immutableType, 64);

const mutableType = struct({
  /** Counts the contents this path has had. */
  revision: u64,
  commit: u64,
  /** Contents of an earlier incarnation are not stored any more: they may be older than what the lost state stored. */
  incarnation: u64,
});
/** An object that changes in place. Its `content` record holds the newest bytes. */
export type Mutable = TypeOf<typeof mutableType>;
export const mutableCodec: Codec<Mutable> = record(mutableType, 64);

const uploadType = struct({
  commit: u64,
  /** Place among those of the same commit. */
  index: uint(),
  beaconFirst: bool,
  /** The process that made it, which needs no claim before its first PUT. */
  uploader: text(64),
  tag: nullable(text(512)),
  chain: nullable(text(128)),
});
/** An immutable object that is not known to be stored. */
export type Upload = TypeOf<typeof uploadType>;
export const uploadCodec: Codec<Upload> = record(uploadType, 1024);

const storeType = struct({
  commit: u64,
  incarnation: u64,
  beaconFirst: bool,
  tag: nullable(text(512)),
  /** A DELETE of this path may land late, so that it is to be read again when none can any more. */
  readAgain: bool,
  /** These bytes were stored before, and the bucket lost or altered them. */
  isRepair: bool,
});
/** A mutable object whose newest bytes are not known to be stored. */
export type Store = TypeOf<typeof storeType>;
export const storeCodec: Codec<Store> = record(storeType, 1024);

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
export const deletionCodec: Codec<Deletion> = record(deletionType, 128);

const leaseType = struct({
  /** Empty: free. */
  holder: text(64),
  until: u64,
  /** When beacon and mutable objects are to be read again because an earlier PUT may land late; 0: no need. Nothing is deleted before that. */
  verifyAt: u64,
  /** When they were last read again. */
  checkedAt: u64,
});
/** Who does what only one process may do: mutable objects, the beacon, deletions. */
export type Lease = TypeOf<typeof leaseType>;
export const leaseCodec: Codec<Lease> = record(leaseType, 256);

export const maxEventBytes = 65_536;
const inboxType = struct({ kind: text(64), handedOut: bool, body: bytesUpTo(maxEventBytes) });
/** Something for the application. */
export const inboxCodec: Codec<TypeOf<typeof inboxType>> = record(inboxType, 66_000);
