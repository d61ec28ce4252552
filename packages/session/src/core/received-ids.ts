import { equal, readUint, u32 } from "@cweb/crypto";

/**
 * Message ids of one session by the seq that they came with: `u32 seq ‖ id`, 20 bytes each. One run of bytes, since a contact that sends
 * thousands of messages and reads none makes them many, and each step loads and stores them.
 */
export type ReceivedIds = Uint8Array;

const entryLength = 20;
export const maxReceivedIds = 65_536;
export const maxReceivedIdsBytes: number = maxReceivedIds * entryLength;
export const noReceivedIds: ReceivedIds = new Uint8Array();

export function addId(ids: ReceivedIds, seq: number, messageId: Uint8Array): ReceivedIds {
  const kept = ids.length < maxReceivedIdsBytes ? ids : ids.subarray(entryLength);
  const added = new Uint8Array(kept.length + entryLength);
  added.set(kept);
  added.set(u32(seq), kept.length);
  added.set(messageId, kept.length + 4);
  return added;
}

export function* entriesOf(ids: ReceivedIds): Generator<{ readonly seq: number; readonly messageId: Uint8Array }> {
  for (let at = 0; at < ids.length; at += entryLength) {
    yield { seq: readUint(ids.subarray(at, at + 4)), messageId: ids.subarray(at + 4, at + entryLength) };
  }
}

export function withoutIds(ids: ReceivedIds, isOver: (seq: number) => boolean): ReceivedIds {
  const kept = new Uint8Array(ids.length);
  let length = 0;
  for (let at = 0; at < ids.length; at += entryLength) {
    if (isOver(readUint(ids.subarray(at, at + 4)))) continue;
    kept.set(ids.subarray(at, at + entryLength), length);
    length += entryLength;
  }
  return length === ids.length ? ids : kept.slice(0, length);
}

export function holdsId(ids: ReceivedIds, messageId: Uint8Array): boolean {
  const [first, second] = messageId;
  for (let at = 4; at < ids.length; at += entryLength) {
    if (ids[at] === first && ids[at + 1] === second && equal(ids.subarray(at, at + 16), messageId)) return true;
  }
  return false;
}
