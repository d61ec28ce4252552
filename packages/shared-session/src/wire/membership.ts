import { bytes, type Codec, codec, struct, type TypeOf, text, uint } from "@cweb/serialization";
import { epochIdType, groupIdType } from "../core/ids.ts";
import { aboutType } from "./descriptor.ts";

const inviteType = struct({ groupId: groupIdType, signingKey: bytes(32), about: aboutType });
/** Kind `ss/invite`: from the admin, with the key that signs its descriptor. */
export type Invite = TypeOf<typeof inviteType>;
export const inviteCodec: Codec<Invite> = codec(inviteType, { maxBytes: 8192 });

const joinType = struct({ groupId: groupIdType, gspk: bytes(32), card: text(2048), idKeys: bytes(96) });
/** Kind `ss/join`: the answer of who was invited. */
export type Join = TypeOf<typeof joinType>;
export const joinCodec: Codec<Join> = codec(joinType, { maxBytes: 4096 });

const leaveType = struct({ groupId: groupIdType, epoch: epochIdType, sent: uint() });
/** Kind `ss/leave`: `sent` messages were written in `epoch`. */
export type Leave = TypeOf<typeof leaveType>;
export const leaveCodec: Codec<Leave> = codec(leaveType, { maxBytes: 256 });

const rejoinType = struct({ groupId: groupIdType, gspk: bytes(32) });
/** Kind `ss/rejoin`: a member whose home was restored asks to be listed with a new signing key. */
export type Rejoin = TypeOf<typeof rejoinType>;
export const rejoinCodec: Codec<Rejoin> = codec(rejoinType, { maxBytes: 256 });

const offerType = struct({ groupId: groupIdType, epoch: epochIdType, signingKey: bytes(32) });
/** Kind `ss/offer`: the admin asks a member to become the admin; its answer is `ss/accept`. `signingKey` is the one that it gives up. */
export type Offer = TypeOf<typeof offerType>;
export const offerCodec: Codec<Offer> = codec(offerType, { maxBytes: 256 });
