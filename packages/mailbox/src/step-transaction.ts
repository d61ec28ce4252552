import type { Random } from "@cweb/crypto";
import type { LocalRecord } from "@cweb/storage-local";
import type { Path } from "@cweb/storage-remote";
import { confirmedNow, tick } from "./core/home.ts";
import { checkContent, type Intent, tooLarge } from "./core/outbox.ts";
import { type Home, inboxCodec, maxEventBytes, names, pathIn, prefixes } from "./core/records.ts";
import { MailboxError } from "./mailbox-error.ts";
import type { InboxEvent, PublishOptions, ScanOptions, Transaction } from "./transaction.ts";

/** What has been loaded for a step. */
export interface Snapshot {
  readonly home: Home;
  /** Records asked for so far; `undefined`: there is none. */
  readonly records: ReadonlyMap<string, LocalRecord | undefined>;
  readonly scans: ReadonlyMap<string, readonly LocalRecord[]>;
}

export interface Scan extends ScanOptions {
  readonly prefix: string;
}

export const defaultScanLimit = 1000;
/** More than any protocol lets wait. */
const maxWaiting = 1_000_000;
/** Tells one scan from another. */
export const scanKey = ({ prefix, after = "", limit = defaultScanLimit }: Scan): string => `${prefix}\n${after}\n${limit}`;

/** Thrown through a step that asks for something not loaded yet; never leaves this package. */
export class NotLoaded extends Error {
  readonly wanted: { readonly name: string } | { readonly scan: Scan };

  constructor(wanted: { readonly name: string } | { readonly scan: Scan }) {
    super("not loaded yet");
    this.wanted = wanted;
  }
}

/** Collects what one run of a step wants; nothing happens before it is committed. */
export class StepTransaction implements Transaction {
  readonly now: number;
  readonly random: Random;
  readonly intents: Intent[] = [];
  readonly changed: Map<string, Uint8Array | null> = new Map();
  readonly consumed: Uint8Array[] = [];
  readonly #snapshot: Snapshot;
  #home: Home;
  #readIncarnation = false;

  constructor(snapshot: Snapshot, now: number, random: Random) {
    this.#snapshot = snapshot;
    this.#home = snapshot.home;
    this.now = now;
    this.random = random;
  }

  /** This home as the step leaves it. */
  get home(): Home {
    return this.#home;
  }

  /** A step that went by the incarnation must not be committed in another one; one that only looked at the clock may. */
  get dependsOnHome(): boolean {
    return this.#readIncarnation || this.#home !== this.#snapshot.home;
  }

  get incarnation(): number {
    this.#readIncarnation = true;
    return this.#home.incarnation;
  }

  get confirmedNow(): number {
    return confirmedNow(this.#home, this.now);
  }

  tick(): number {
    this.#home = tick(this.#home, this.now);
    return this.#home.lastTick;
  }

  get(name: string): Uint8Array | undefined {
    const own = this.changed.get(name);
    if (own !== undefined) return own?.slice();
    if (!this.#snapshot.records.has(name)) throw new NotLoaded({ name });
    return this.#snapshot.records.get(name)?.bytes.slice();
  }

  scan(prefix: string, options: ScanOptions = {}): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
    const scan = { prefix, ...options };
    const found = this.#snapshot.scans.get(scanKey(scan));
    if (!found) throw new NotLoaded({ scan });
    return found.map(({ name, bytes }) => ({ name, bytes: bytes.slice() }));
  }

  waiting(): ReadonlySet<Path> {
    return new Set(this.scan(prefixes.upload, { limit: maxWaiting }).map(({ name }) => pathIn(name, prefixes.upload)));
  }

  put(name: string, bytes: Uint8Array): void {
    refuseOwnRecords(name);
    this.changed.set(name, bytes.slice());
  }

  remove(name: string): void {
    refuseOwnRecords(name);
    this.changed.set(name, null);
  }

  publish(path: Path, bytes: Uint8Array, options: PublishOptions = {}): void {
    this.#want({ kind: "publish", path, bytes: bytes.slice(), options });
  }

  replace(path: Path, bytes: Uint8Array, options: PublishOptions = {}): void {
    this.#want({ kind: "replace", path, bytes: bytes.slice(), options });
  }

  withdraw(path: Path): void {
    this.intents.push({ kind: "withdraw", path });
  }

  deliver({ kind, body }: InboxEvent): void {
    if (body.length > maxEventBytes) throw tooLarge(`an event has at most ${maxEventBytes} bytes`);
    if (new TextEncoder().encode(kind).length > 64) throw tooLarge("an event's kind has at most 64 bytes");
    const inboxSeq = this.#home.inboxSeq + 1;
    this.#home = { ...this.#home, inboxSeq };
    this.changed.set(names.inbox(inboxSeq), inboxCodec.encode({ kind, body, handedOut: false }));
  }

  consume(...secrets: readonly Uint8Array[]): void {
    this.consumed.push(...secrets);
  }

  #want(intent: Exclude<Intent, { readonly kind: "withdraw" }>): void {
    checkContent(intent);
    this.intents.push(intent);
  }
}

function refuseOwnRecords(name: string): void {
  if (name.startsWith(prefixes.own))
    throw new MailboxError("foreign-record", "records whose names begin with mailbox/ belong to the mailbox");
}
