import type { Secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { About } from "../wire/descriptor.ts";
import type { Join } from "../wire/membership.ts";
import type { Parent } from "../wire/message.ts";
import type { EpochId, GroupId, MessageHash } from "./ids.ts";

/** Where a message stands. */
export interface Place {
  readonly epoch: EpochId;
  /** Index of the sender in that epoch. */
  readonly index: number;
  readonly n: number;
}

/** A message in the graph. */
export interface Node extends Place {
  readonly messageId: MessageHash;
  readonly lamport: number;
}

/** A message that is known of and not held. Times in ms. */
export interface MissingMessage extends Place {
  /** `null` where only its place was announced. */
  readonly messageId: MessageHash | null;
  readonly since: number;
  readonly fetchedAt: number;
  /** How often members were asked for it. */
  readonly asks: number;
  readonly askedAt: number;
  /** Reported as withheld: what waits for it is shown without it. */
  readonly isWithheld: boolean;
}

/** A message that is held and not shown, since it refers to what is missing. */
export interface WaitingMessage extends Node {
  readonly since: number;
  /** Its parents, and its sender's message before it. */
  readonly references: readonly Parent[];
}

/** The key of a descriptor, what was read under it, and what is known to be there. */
export interface DescriptorKey {
  readonly owner: CwebId;
  readonly e: number;
  readonly key: Secret;
  readonly signingKey: Uint8Array;
  /** Of the record read last; 0: none. */
  readonly version: number;
  readonly head: Uint8Array;
  /** The highest that was announced. */
  readonly announced: number;
  /** When it was asked for last, and when that was answered. */
  readonly askedAt: number;
  readonly answeredAt: number;
  /** For the conditional GET; empty: none. */
  readonly stored: string;
  /** Since when, and how often in a row, an older record than the known one is served. 0: not. */
  readonly olderSince: number;
  readonly olderPolls: number;
  readonly validUntil: number;
  readonly interval: number;
  /** The admin has closed this epoch; the key of the next one is on its way. */
  readonly isRotated: boolean;
}

/** GK_e, until E_e is known. */
export interface EpochKey {
  readonly from: CwebId;
  readonly e: number;
  readonly key: Secret;
}

/** What the admin has to do in its next epoch. */
export interface Todo {
  readonly joins: readonly { readonly member: CwebId; readonly join: Join }[];
  /** `last`: the leaving member's last message, which is waited for until `since` is an hour ago. */
  readonly leaves: readonly { readonly member: CwebId; readonly last: Place | null; readonly since: number }[];
  /** Members to be given new keys; `gspk` where it changes too. */
  readonly rekeys: readonly { readonly member: CwebId; readonly gspk: Uint8Array | null }[];
}

export const noTodo: Todo = { joins: [], leaves: [], rekeys: [] };

export interface KnownEpoch {
  readonly e: number;
  readonly epoch: EpochId;
  readonly previous: EpochId;
  readonly learnedAt: number;
}

/** Something to be asked of members in turn. */
export interface Asking {
  readonly asks: number;
  readonly askedAt: number;
}

export type RoomAlarmCode = "room-rollback" | "room-fork" | "equivocation" | "restored" | "descriptor-invalid" | "object-invalid";

export interface RoomAlarm {
  readonly code: RoomAlarmCode;
  /** Whose store or key it is about. */
  readonly member: CwebId;
  readonly since: number;
}

/** What a home knows of one room, but for its epochs and messages, which have records of their own. */
export interface RoomHead {
  readonly groupId: GroupId;
  /** Of the home when this was written: another one means that the home was restored since. */
  readonly incarnation: number;
  readonly about: About;
  /** Whose records count, and the key that signs them. */
  readonly admin: CwebId;
  readonly adminKey: Uint8Array;
  /** Where this home holds that key: T of the epoch in which it accepted (zeros: it founded the room). */
  readonly acceptedIn: EpochId | null;
  /** Whose invitation was not answered yet, or was answered and has led to nothing yet. */
  readonly invitedBy: CwebId | null;
  /** Seed of the own signing key in this room, and its public key. */
  readonly signingSeed: Secret;
  readonly gspk: Uint8Array;
  /** Seed of the key that is to replace it, since the home was restored. */
  readonly rejoinSeed: Secret | null;
  readonly ownCard: string;
  readonly current: EpochId | null;
  readonly wish: "none" | "join" | "leave";
  /** Told that it is a member no more. */
  readonly isEnded: boolean;
  /** Every epoch that is kept, by e. */
  readonly epochs: readonly KnownEpoch[];
  /** Epochs whose chains can be read. */
  readonly chains: readonly EpochId[];
  readonly descriptors: readonly DescriptorKey[];
  readonly epochKeys: readonly EpochKey[];
  /** Senders whose newest key or end is kept until they are known to be the admin. */
  readonly held: readonly CwebId[];
  /** Epochs whose record is kept until its admin is known. */
  readonly pending: readonly EpochId[];
  readonly missing: readonly MissingMessage[];
  readonly waiting: readonly WaitingMessage[];
  readonly askedEpochs: readonly ({ readonly epoch: EpochId } & Asking)[];
  /** The newest record is wanted, first of this member. */
  readonly newest: ({ readonly from: CwebId | null } & Asking) | null;
  /** A restored admin hears all members before it acts. */
  readonly hearing: ({ readonly since: number; readonly heard: readonly CwebId[] } & Asking) | null;
  /** Its answers are in: the next epoch shows that it is back. */
  readonly owesEpoch: boolean;
  /** Members that wait for an answer which needs a fresh look at the descriptor. */
  readonly answers: readonly CwebId[];
  readonly todo: Todo;
  readonly rekeyedAt: number;
  /** To whom the admin role is offered. */
  readonly offeredTo: CwebId | null;
  /** When the current epoch was opened, and its own descriptor last written. */
  readonly openedAt: number;
  readonly writtenAt: number;
  /** Own descriptors of the past: deleted when their time is over. */
  readonly retired: readonly { readonly path: string; readonly until: number }[];
  /** Copies handed out today. */
  readonly copied: { readonly day: number; readonly counts: readonly { readonly member: CwebId; readonly count: number }[] };
  readonly invited: readonly CwebId[];
  /** Members whose session has not acknowledged the key of the current epoch. */
  readonly unacknowledged: readonly { readonly member: CwebId; readonly messageId: Uint8Array }[];
  /** Own messages of a closed epoch that its closing does not name: the next message makes them known. */
  readonly owesHint: boolean;
  /** Shown messages that no shown message refers to. */
  readonly heads: readonly Node[];
  /** The newest message of each member, or what it said it had read. */
  readonly read: readonly { readonly member: CwebId; readonly nodes: readonly Place[] }[];
  readonly vouched: readonly { readonly member: CwebId; readonly gspk: Uint8Array }[];
  /** To whom this home has vouched for its present key. */
  readonly vouchedFor: readonly CwebId[];
  readonly quarantined: readonly Uint8Array[];
  readonly alarms: readonly RoomAlarm[];
  /** Turn of the probes, and who was heard last, newest first. */
  readonly probe: number;
  readonly heardLast: readonly CwebId[];
  /** The last day with a completed round. */
  readonly lastDay: number;
  readonly tidiedAt: number;
  /** Number of the next letter. */
  readonly letters: number;
}

/** A room of which nothing is known yet but how it began. */
export const emptyHead: Omit<
  RoomHead,
  "groupId" | "incarnation" | "about" | "admin" | "adminKey" | "acceptedIn" | "invitedBy" | "signingSeed" | "gspk"
> = {
  rejoinSeed: null,
  ownCard: "",
  current: null,
  wish: "none",
  isEnded: false,
  epochs: [],
  chains: [],
  descriptors: [],
  epochKeys: [],
  held: [],
  pending: [],
  missing: [],
  waiting: [],
  askedEpochs: [],
  newest: null,
  hearing: null,
  owesEpoch: false,
  answers: [],
  todo: noTodo,
  rekeyedAt: 0,
  offeredTo: null,
  openedAt: 0,
  writtenAt: 0,
  retired: [],
  copied: { day: 0, counts: [] },
  invited: [],
  unacknowledged: [],
  owesHint: false,
  heads: [],
  read: [],
  vouched: [],
  vouchedFor: [],
  quarantined: [],
  alarms: [],
  probe: 0,
  heardLast: [],
  lastDay: 0,
  tidiedAt: 0,
  letters: 0,
};
