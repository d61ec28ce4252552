import { array, bytes, bytesUpTo, codec, SerializationError, struct, type TypeOf, u64, uint } from "@cweb/serialization";
import { limits } from "../core/limits.ts";

/** A one-off message. */
export interface OneOffItem {
  /** In ms, by the sender's clock. */
  readonly sentAt: number;
  /** A message kind of the registry, of those allowed in slots. */
  readonly kind: number;
  /** 16 bytes. */
  readonly messageId: Uint8Array;
  readonly payload: Uint8Array;
}

export const oneOffItem = struct({
  sentAt: u64,
  kind: uint(),
  messageId: bytes(16),
  payload: bytesUpTo(limits.boxItems),
});

const items = struct({ number: u64, items: array(oneOffItem, limits.items) });

/** The items that are out, oldest first, with the number of the newest: item i of n has the number `number - (n - 1 - i)`. */
export type ItemList = TypeOf<typeof items>;
export const itemList = codec(items, { maxBytes: limits.boxItems });

const unbounded = codec(items, { maxBytes: 2 * limits.boxItems });

/** The encoded length of a list; of its payloads alone where those are beyond the limit already. */
export function itemsLength(list: readonly OneOffItem[]): number {
  const payloads = list.reduce((sum, { payload }) => sum + payload.length, 0);
  return payloads > limits.boxItems ? payloads : unbounded.encode({ number: 0, items: list }).length;
}

const pointer = codec(struct({ key: bytes(32) }), { maxBytes: 64 });

/** In the place of items that do not fit: the key of their box. 35 bytes. */
export const encodeBoxKey = (key: Uint8Array): Uint8Array => pointer.encode({ key });

/** Either form, told apart by the number of fields; `undefined` for anything else. */
export function decodeContent(content: Uint8Array): { readonly list: ItemList } | { readonly boxKey: Uint8Array } | undefined {
  return total(() => ({ list: itemList.decode(content) })) ?? total(() => ({ boxKey: pointer.decode(content).key }));
}

function total<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof SerializationError) return undefined;
    throw error;
  }
}

/** The payload of a kind 4 message in a session: the same list. At most 57,344 bytes. */
export const encodeItems = (list: ItemList): Uint8Array => itemList.encode(list);

/** `undefined` for anything malformed. */
export const decodeItems = (payload: Uint8Array): ItemList | undefined => total(() => itemList.decode(payload));
