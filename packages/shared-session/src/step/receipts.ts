import type { CwebId } from "@cweb/discovery";
import { memberOf } from "../core/epoch.ts";
import type { EpochId, MessageHash } from "../core/ids.ts";
import { storedCodec } from "../core/records.ts";
import type { Place } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import { messageCodec, type RoomMessage } from "../wire/message.ts";
import { placeOf, references } from "./show.ts";

/** Who has what (SPEC §7.5): whoever refers to a message has read it, and all that it refers to. */

/** The highest number of each chain, by epoch and index. */
type Extent = ReadonlyMap<string, number>;

const chainOf = ({ epoch, index }: { readonly epoch: EpochId; readonly index: number }): string => `${epoch} ${index}`;

export interface HistoryEntry {
  readonly message: RoomMessage;
  readonly messageId: MessageHash;
  readonly index: number;
  readonly isShown: boolean;
}

const pageSize = 1000;

/** All messages that are held, in their order. `tx.scan` does not see what this step has changed. */
export function history(draft: RoomDraft): readonly HistoryEntry[] {
  const found: HistoryEntry[] = [];
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page: readonly { readonly name: string; readonly bytes: Uint8Array }[] = draft.tx.scan(draft.names.messagePrefix, {
      after,
      limit: pageSize,
    });
    for (const { name, bytes } of page) {
      const { body, index, isShown } = storedCodec.decode(bytes);
      const messageId = name.slice(name.lastIndexOf("-") + 1) as MessageHash;
      found.push({ message: messageCodec.decode(body), messageId, index, isShown });
    }
    after = page.length === pageSize ? page.at(-1)?.name : undefined;
  }
  return found;
}

function raise(extent: Map<string, number>, { epoch, index, n }: Place): void {
  const key = chainOf({ epoch, index });
  if (n > (extent.get(key) ?? -1)) extent.set(key, n);
}

/** For each member what it has read, as far as its messages and what it said show it. */
export function coverage(draft: RoomDraft, entries: readonly HistoryEntry[]): ReadonlyMap<CwebId, Extent> {
  const extents = new Map<MessageHash, Extent>();
  const byPlace = new Map<string, MessageHash>();
  for (const { message, messageId, index } of entries) {
    const place = { epoch: message.epoch, index, n: message.n };
    byPlace.set(`${chainOf(place)} ${place.n}`, messageId);
    const extent = new Map<string, number>();
    for (const parent of references(draft, message)) {
      for (const [key, n] of extents.get(parent.messageId) ?? []) if (n > (extent.get(key) ?? -1)) extent.set(key, n);
      const at = placeOf(draft, parent);
      if (at) raise(extent, at);
    }
    raise(extent, place);
    extents.set(messageId, extent);
  }
  return new Map(
    draft.head.read.map(({ member, nodes }) => {
      const whole = new Map<string, number>();
      for (const node of nodes) {
        raise(whole, node);
        const known = byPlace.get(`${chainOf(node)} ${node.n}`);
        for (const [key, n] of (known && extents.get(known)) ?? []) if (n > (whole.get(key) ?? -1)) whole.set(key, n);
      }
      return [member, whole];
    }),
  );
}

/** The members, other than its sender, that are known to have a message. */
export function readersOf(draft: RoomDraft, covered: ReadonlyMap<CwebId, Extent>, place: Place, sender: CwebId): readonly CwebId[] {
  const members = draft.epoch(place.epoch)?.members ?? [];
  const has = (id: CwebId): boolean => id === draft.own || (covered.get(id)?.get(chainOf(place)) ?? -1) >= place.n;
  return members.map(({ id }) => id).filter((id) => id !== sender && has(id));
}

/** Whether every present member that may read a message has it. */
export function isReadByAll(draft: RoomDraft, covered: ReadonlyMap<CwebId, Extent>, place: Place): boolean {
  const epoch = draft.epoch(place.epoch);
  const { current } = draft;
  if (!epoch || !current) return false;
  const concerned = current.members.filter(({ id, joinedEpoch }) => id !== draft.own && joinedEpoch <= epoch.e && memberOf(epoch, id));
  return concerned.every(({ id }) => (covered.get(id)?.get(chainOf(place)) ?? -1) >= place.n);
}
