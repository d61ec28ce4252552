import { array, bool, bytes, type Codec, codec, nullable, struct, type TypeOf, text, u64, uint } from "@cweb/serialization";
import { epochIdType, groupIdType, memberIdType, messageHashType } from "../core/ids.ts";
import { maxEpochBytes, maxMembers } from "../core/limits.ts";

const memberType = struct({
  /** A contact card: who, and where to read. */
  card: text(2048),
  /** edPk ‖ xPk ‖ nextIdCommit: they open the Id. */
  idKeys: bytes(96),
  /** Ed25519: signs this member's messages in this room. */
  gspk: bytes(32),
  /** The e of the epoch with which this stay began. */
  joinedEpoch: u64,
});

const closeHeadType = struct({ index: uint(maxMembers - 1), n: uint(), messageId: messageHashType });

const policyType = struct(
  {
    /** Whether members hand on messages of others to members that miss them. */
    copies: bool,
    /** Whether members tell what they have read. */
    receipts: bool,
    /** Days that authors keep messages though every member has them. */
    keepDays: uint(36_500),
  },
  { extensible: true },
);

const epochType = struct({
  groupId: groupIdType,
  e: u64,
  admin: memberIdType,
  previous: epochIdType,
  /** By id. */
  members: array(memberType, maxMembers),
  /** H("ss/gk", GK_e). */
  commit: bytes(32),
  closeHeads: array(closeHeadType, maxMembers),
  handoverHead: nullable(bytes(32)),
  policy: policyType,
});

/** A member as an epoch lists it. */
export type ListedMember = TypeOf<typeof memberType>;
/** The last message of a sender that the admin had read when it closed the preceding epoch; `index` is that of the closed one. */
export type CloseHead = TypeOf<typeof closeHeadType>;
export type Policy = TypeOf<typeof policyType>;
/** E_e (SPEC §3). */
export type EpochFields = TypeOf<typeof epochType>;
export const epochCodec: Codec<EpochFields> = codec(epochType, { maxBytes: maxEpochBytes });
