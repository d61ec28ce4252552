import { equal } from "@cweb/crypto";
import { keptOwnIds } from "../core/limits.ts";
import { finishedIdsCodec } from "../core/state-codec.ts";
import type { Draft } from "../draft.ts";

/** Ids that the application gave: while a message waits or is on its way, and for the newest of those that are finished. */

const nothing = new Uint8Array();

export function isOwnId(draft: Draft, messageId: Uint8Array): boolean {
  return draft.get(draft.names.ownId(messageId)) !== undefined || finishedIds(draft).some((id) => equal(id, messageId));
}

export function holdOwnId(draft: Draft, messageId: Uint8Array): void {
  draft.put(draft.names.ownId(messageId), nothing);
}

/** The message is finished: its id is one of the newest such, until later ones take its place. */
export function retireOwnId(draft: Draft, messageId: Uint8Array): void {
  const { names } = draft;
  const finished = [...finishedIds(draft).filter((id) => !equal(id, messageId)), messageId];
  draft.remove(names.ownId(messageId));
  draft.put(names.finishedIds, finishedIdsCodec.encode(finished.slice(-keptOwnIds)));
}

function finishedIds(draft: Draft): readonly Uint8Array[] {
  const stored = draft.get(draft.names.finishedIds);
  return stored ? finishedIdsCodec.decode(stored) : [];
}
