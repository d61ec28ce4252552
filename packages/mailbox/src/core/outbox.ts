import { equal } from "@cweb/crypto";
import type { LocalRecord } from "@cweb/storage-local";
import type { Path } from "@cweb/storage-remote";
import { MailboxError } from "../mailbox-error.ts";
import type { PublishOptions } from "../transaction.ts";
import { type Deletion, deletionCodec, immutableCodec, mutableCodec, names, pendingCodec } from "./records.ts";

/** What a step wants of the bucket. */
export type Intent =
  | { readonly kind: "publish" | "replace"; readonly path: Path; readonly bytes: Uint8Array; readonly options: PublishOptions }
  | { readonly kind: "withdraw"; readonly path: Path };

/** The records that decide what becomes of an intent. */
export const recordsOf = (path: Path): readonly string[] => [
  names.content(path),
  names.immutable(path),
  names.pending(path),
  names.mutable(path),
  names.deletion(path),
];

export interface Changes {
  readonly put: Map<string, Uint8Array>;
  readonly remove: Set<string>;
}

interface Context {
  /** Number of this commit. */
  readonly commit: number;
  readonly now: number;
  readonly process: string;
}

/** Turns the intents of one step into record changes. Throws `path-in-use`; changes nothing but its result. */
export function applyIntents(intents: readonly Intent[], existing: ReadonlyMap<string, LocalRecord>, context: Context): Changes {
  const changes: Changes = { put: new Map(), remove: new Set() };
  const current = (name: string): Uint8Array | undefined =>
    changes.remove.has(name) ? undefined : (changes.put.get(name) ?? existing.get(name)?.bytes);
  const put = (name: string, bytes: Uint8Array): void => {
    changes.remove.delete(name);
    changes.put.set(name, bytes);
  };
  const remove = (name: string): void => {
    changes.put.delete(name);
    changes.remove.add(name);
  };
  intents.forEach((intent, index) => {
    if (intent.kind === "publish") publish(intent, index);
    else if (intent.kind === "replace") replace(intent);
    else withdraw(intent.path);
  });
  return changes;

  function publish(intent: Intent & { readonly kind: "publish" | "replace" }, index: number): void {
    const { path, bytes, options } = intent;
    const content = current(names.content(path));
    if (content && current(names.immutable(path)) && equal(content, bytes)) return;
    if (content || current(names.deletion(path))) {
      throw new MailboxError("path-in-use", "an immutable object's path was published twice with different bytes");
    }
    put(names.content(path), bytes);
    put(names.immutable(path), immutableCodec.encode({ commit: context.commit, contested: false }));
    const pending = {
      commit: context.commit,
      index,
      beaconFirst: options.beaconFirst ?? false,
      uploader: context.process,
      tag: options.tag ?? null,
      chain: options.chain ?? null,
    };
    put(names.pending(path), pendingCodec.encode(pending));
  }

  function replace(intent: Intent & { readonly kind: "publish" | "replace" }): void {
    const { path, bytes, options } = intent;
    if (current(names.immutable(path))) throw new MailboxError("path-in-use", "an immutable object cannot be replaced");
    const known = current(names.mutable(path));
    const head = known && mutableCodec.decode(known);
    remove(names.deletion(path));
    put(names.content(path), bytes);
    const next = {
      revision: (head?.revision ?? 0) + 1,
      stored: head?.stored ?? 0,
      commit: context.commit,
      beaconFirst: options.beaconFirst ?? false,
      tag: options.tag ?? null,
    };
    put(names.mutable(path), mutableCodec.encode(next));
  }

  function withdraw(path: Path): void {
    const immutable = current(names.immutable(path));
    const mutable = current(names.mutable(path));
    if (!immutable && !mutable) return;
    const head = immutable ? immutableCodec.decode(immutable) : mutableCodec.decode(mutable as Uint8Array);
    // An immutable object that no other process touched and whose PUTs all have a known outcome needs one DELETE only.
    const contested = "contested" in head ? head.contested || isHalfSent(path) : true;
    const deletion: Deletion = { commit: head.commit, queuedAt: context.now, remaining: contested ? 2 : 1, notBefore: 0 };
    for (const name of recordsOf(path)) remove(name);
    put(names.deletion(path), deletionCodec.encode(deletion));
  }

  /** Still pending: an upload may be under way, so that its PUT may land after the first DELETE. */
  function isHalfSent(path: Path): boolean {
    return current(names.pending(path)) !== undefined;
  }
}
