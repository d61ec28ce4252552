import { equal } from "@cweb/crypto";
import { keptOwnIds } from "../core/limits.ts";
import { finishedIdsCodec } from "../core/state-codec.ts";
import type { Draft } from "../draft.ts";

/** Ids that the application gave: while a message waits or is on its way, and for the newest of those that are finished. */

const nothing = new Uint8Array();

export const isOwnId = (draft: Draft, messageId: Uint8Array): boolean => draft.get(draft.names.ownId(messageId)) !== undefined;

export function holdOwnId(draft: Draft, messageId: Uint8Array): void {
  draft.put(draft.names.ownId(messageId), nothing);
}

/** The message is finished: its id makes room for that of a later one, sooner or later. */
export function retireOwnId(draft: Draft, messageId: Uint8Array): void {
  const { names } = draft;
  const stored = draft.get(names.finishedIds);
  const earlier = stored ? finishedIdsCodec.decode(stored) : [];
  const finished = [...earlier.filter((id) => !equal(id, messageId)), messageId];
  for (const id of finished.slice(0, -keptOwnIds)) draft.remove(names.ownId(id));
  draft.put(names.finishedIds, finishedIdsCodec.encode(finished.slice(-keptOwnIds)));
}
