export { type Epoch, type Member, readEpoch } from "./core/epoch.ts";
export type { EpochId, GroupId, MessageHash } from "./core/ids.ts";
export type { Node, Place, RoomHead } from "./core/room-head.ts";
export { type OpenedMessage, openMessage, readMessage, sealMessage, signMessage } from "./core/room-object.ts";
export { type Descriptor, readDescriptor } from "./core/room-record.ts";
