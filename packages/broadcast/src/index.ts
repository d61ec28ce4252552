export { Broadcast, type BroadcastOptions, type BroadcastStatus } from "./broadcast.ts";
export { BroadcastError, type BroadcastErrorCode } from "./broadcast-error.ts";
export { slotMaxBytes } from "./core/limits.ts";
export type { InitEntry, OneOffBox, OneOffNumber, Opened } from "./core/opened.ts";
export { decodeItems, encodeItems, type ItemList, type OneOffItem } from "./wire/items.ts";
