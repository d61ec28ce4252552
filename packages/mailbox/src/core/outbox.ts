import { equal } from "@cweb/crypto";
import type { LocalRecord } from "@cweb/storage-local";
import type { Path } from "@cweb/storage-remote";
import { MailboxError } from "../mailbox-error.ts";
import type { PublishOptions } from "../transaction.ts";
import { deletionCodec, immutableCodec, mutableCodec, names, recordsOf, storeCodec, uploadCodec } from "./records.ts";

/** No object of Cweb's own is larger than a full slot. */
export const maxObjectBytes = 262_144;
/** A record's name has at most 256 characters. */
const maxPathLength = 200;

interface Content {
  readonly path: Path;
  readonly bytes: Uint8Array;
  readonly options: PublishOptions;
}

/** What a step wants of the bucket. */
export type Intent =
  | ({ readonly kind: "publish" } & Content)
  | ({ readonly kind: "replace" } & Content)
  | { readonly kind: "withdraw"; readonly path: Path };

export interface Context {
  /** Number of this commit. */
  readonly commit: number;
  readonly incarnation: number;
  readonly now: number;
  readonly process: string;
}

/** Refused when it is asked for, so that nothing half-checked is ever committed. */
export function checkContent({ path, bytes, options: { tag = "", chain = "" } }: Content): void {
  if (bytes.length > maxObjectBytes) throw tooLarge(`an object has at most ${maxObjectBytes} bytes`);
  if (path.length > maxPathLength) throw tooLarge(`an own object's path has at most ${maxPathLength} characters`);
  if (new TextEncoder().encode(tag).length > 512) throw tooLarge("a tag has at most 512 bytes");
  if (new TextEncoder().encode(chain).length > 128) throw tooLarge("the name of a chain has at most 128 bytes");
}

export const tooLarge = (what: string): MailboxError => new MailboxError("too-large", what);

/** Turns the intents of one step into record changes (`null`: remove). Throws `path-in-use`; `existing` holds all records of the paths. */
export function applyIntents(
  intents: readonly Intent[],
  existing: ReadonlyMap<string, LocalRecord>,
  context: Context,
): ReadonlyMap<string, Uint8Array | null> {
  const outbox = new Outbox(existing, context);
  intents.forEach((intent, index) => {
    if (intent.kind === "publish") outbox.publish(intent, index);
    else if (intent.kind === "replace") outbox.replace(intent);
    else outbox.withdraw(intent.path);
  });
  return outbox.changes;
}

/** The records of some paths, as the intents so far would leave them. */
class Outbox {
  readonly changes: Map<string, Uint8Array | null> = new Map();
  readonly #existing: ReadonlyMap<string, LocalRecord>;
  readonly #context: Context;

  constructor(existing: ReadonlyMap<string, LocalRecord>, context: Context) {
    this.#existing = existing;
    this.#context = context;
  }

  publish({ path, bytes, options }: Content, index: number): void {
    const { commit, process } = this.#context;
    const content = this.#current(names.content(path));
    if (content && this.#current(names.immutable(path)) && equal(content, bytes)) return;
    if (content || this.#current(names.deletion(path))) {
      throw new MailboxError(
        "path-in-use",
        "an immutable object's path cannot be published again with other bytes, nor after it was withdrawn",
      );
    }
    this.changes.set(names.content(path), bytes);
    this.changes.set(names.immutable(path), immutableCodec.encode({ commit, contested: false }));
    const { beaconFirst = false, tag = null, chain = null } = options;
    this.changes.set(names.upload(path), uploadCodec.encode({ commit, index, beaconFirst, uploader: process, tag, chain }));
  }

  replace({ path, bytes, options }: Content): void {
    if (this.#current(names.immutable(path))) throw new MailboxError("path-in-use", "an immutable object cannot be replaced");
    const { commit, incarnation } = this.#context;
    const known = this.#current(names.mutable(path));
    const revision = known ? mutableCodec.decode(known).revision + 1 : 1;
    const waiting = this.#current(names.store(path));
    // Of several contents that wait together only the newest is stored: it carries what each of them needs.
    const earlier = waiting && storeCodec.decode(waiting);
    const isDeleted = this.#current(names.deletion(path)) !== undefined;
    if (isDeleted) this.changes.set(names.deletion(path), null);
    this.changes.set(names.content(path), bytes);
    this.changes.set(names.mutable(path), mutableCodec.encode({ revision, commit, incarnation }));
    const beaconFirst = (options.beaconFirst ?? false) || (earlier?.beaconFirst ?? false);
    const readAgain = isDeleted || (earlier?.readAgain ?? false);
    this.changes.set(
      names.store(path),
      storeCodec.encode({ commit, incarnation, beaconFirst, tag: options.tag ?? null, readAgain, isRepair: false }),
    );
  }

  withdraw(path: Path): void {
    const immutable = this.#current(names.immutable(path));
    const mutable = this.#current(names.mutable(path));
    if (!immutable && !mutable) return;
    const { commit } = immutable ? immutableCodec.decode(immutable) : mutableCodec.decode(mutable as Uint8Array);
    const remaining = immutable && this.#isSettled(path, immutable) ? 1 : 2;
    for (const name of recordsOf(path)) if (this.#current(name)) this.changes.set(name, null);
    this.changes.set(names.deletion(path), deletionCodec.encode({ commit, queuedAt: this.#context.now, remaining, notBefore: 0 }));
  }

  /** Stored by the process that made it, with no other PUT whose outcome is unknown: nothing can land after a DELETE. */
  #isSettled(path: Path, immutable: Uint8Array): boolean {
    return this.#current(names.upload(path)) === undefined && !immutableCodec.decode(immutable).contested;
  }

  #current(name: string): Uint8Array | undefined {
    const changed = this.changes.get(name);
    return changed === undefined ? this.#existing.get(name)?.bytes : (changed ?? undefined);
  }
}
