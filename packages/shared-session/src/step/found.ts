import { secret } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { type GroupId, noEpoch, toGroupId } from "../core/ids.ts";
import { maxInvitations, maxNameBytes } from "../core/limits.ts";
import { emptyHead, noTodo, type RoomHead } from "../core/room-head.ts";
import { adminContext } from "../core/room-record.ts";
import { RoomDraft, type RoomTools } from "../room-draft.ts";
import { SharedSessionError } from "../shared-session-error.ts";
import type { About } from "../wire/descriptor.ts";
import type { Policy } from "../wire/epoch.ts";
import { type Invite, inviteCodec } from "../wire/membership.ts";
import { askAdmin } from "./ask.ts";
import { openEpoch } from "./open-epoch.ts";

/** How rooms come into being, and how members come in (SPEC §6.1). */

interface Beginning {
  readonly groupId: GroupId;
  readonly about: About;
  readonly admin: CwebId;
  readonly adminKey: Uint8Array;
}

function newHead(tx: Transaction, tools: RoomTools, { groupId, about, admin, adminKey }: Beginning): RoomHead {
  const signingSeed = secret(tx.random.bytes(32));
  const isFounder = admin === tools.own.id;
  return {
    ...emptyHead,
    groupId,
    incarnation: tx.incarnation,
    about,
    admin,
    adminKey,
    acceptedIn: isFounder ? noEpoch : null,
    invitedBy: isFounder ? null : admin,
    signingSeed,
    gspk: tools.crypto.ed25519.publicKey(signingSeed),
  };
}

export function checkName(name: string): void {
  const length = new TextEncoder().encode(name).length;
  if (length < 1 || length > maxNameBytes) throw new SharedSessionError("bad-name", `a room's name has 1 to ${maxNameBytes} bytes`);
}

/** A new room, with this home as its admin and only member. */
export function foundRoom(
  tx: Transaction,
  tools: RoomTools,
  room: { readonly name: string; readonly policy: Policy; readonly card: string },
): RoomDraft {
  checkName(room.name);
  const groupId = toGroupId(tx.random.bytes(16));
  const adminKey = tools.crypto.ed25519.publicKey(tools.own.adminSeed(adminContext(groupId, noEpoch)));
  const about = { name: room.name, picture: new Uint8Array() };
  const head = newHead(tx, tools, { groupId, about, admin: tools.own.id, adminKey });
  const draft = RoomDraft.create(tx, tools, { ...head, ownCard: room.card });
  const own = { groupId, gspk: head.gspk, card: room.card, idKeys: tools.own.idKeys };
  openEpoch(draft, { ...noTodo, joins: [{ member: tools.own.id, join: own }] }, room.policy);
  return draft;
}

/** Asks contacts to join. Whoever was asked before is asked again. */
export function invite(draft: RoomDraft, members: readonly CwebId[]): void {
  const { groupId, adminKey, about, invited } = draft.head;
  draft.set({ invited: [...new Set([...invited, ...members])].slice(-maxInvitations) });
  for (const member of members) draft.letter(member, "invite", inviteCodec.encode({ groupId, signingKey: adminKey, about }));
}

/** An invitation to a room that is not known here. */
export function newInvitation(
  tx: Transaction,
  tools: RoomTools,
  from: CwebId,
  { groupId, signingKey, about }: Invite,
): RoomDraft | undefined {
  if (!tools.crypto.ed25519.isValidPublicKey(signingKey)) return undefined;
  const draft = RoomDraft.create(tx, tools, newHead(tx, tools, { groupId, about, admin: from, adminKey: signingKey }));
  draft.report("room-invited", { member: from });
  return draft;
}

/** An invitation to a room that is known: whoever was never in it follows the newest one; who was keeps the admin that records have shown. */
export function takeInvitation(draft: RoomDraft, from: CwebId, { signingKey, about }: Invite): void {
  const { head, crypto } = draft;
  if (draft.isMember || !crypto.ed25519.isValidPublicKey(signingKey)) return;
  if (head.current === null) draft.set({ admin: from, adminKey: signingKey, about });
  draft.set({ invitedBy: from });
  draft.report("room-invited", { member: from });
}

/** Accepts an invitation: with a new signing key, since one that stood in an epoch never comes back. */
export function join(draft: RoomDraft, card: string): void {
  const { head, tx, crypto } = draft;
  if (draft.isMember) return;
  if (head.invitedBy === null) throw new SharedSessionError("not-a-member", "nobody has invited you to this room; ask its admin");
  if (head.wish !== "join") {
    const signingSeed = secret(tx.random.bytes(32));
    draft.set({ signingSeed, gspk: crypto.ed25519.publicKey(signingSeed), rejoinSeed: null, vouchedFor: [] });
  }
  draft.set({ wish: "join", ownCard: card });
  askAdmin(draft);
}

export function leave(draft: RoomDraft): void {
  draft.set({ wish: "leave" });
  askAdmin(draft);
}
