import type { CwebId } from "@cweb/discovery";
import { type Epoch, memberOf } from "../core/epoch.ts";
import { noTodo } from "../core/room-head.ts";
import type { RoomDraft } from "../room-draft.ts";
import { SharedSessionError } from "../shared-session-error.ts";
import { offerCodec } from "../wire/membership.ts";
import { checkName, invite } from "./found.ts";
import { openEpoch } from "./open-epoch.ts";
import { renew } from "./tend.ts";

/** What the person who is admin asks for. */

function requireAdmin(draft: RoomDraft): Epoch {
  const { current } = draft;
  if (!draft.isAdmin || !current) throw new SharedSessionError("not-admin", "only the admin of the room may do this");
  return current;
}

/** A restored admin, and one whose first epoch is still to be opened, changes nothing. */
function requireReady(draft: RoomDraft): Epoch {
  const current = requireAdmin(draft);
  const isReady = draft.head.hearing === null && !draft.head.owesEpoch && current.admin === draft.own;
  if (isReady) return current;
  throw new SharedSessionError("waiting", "the members are being asked what has happened; try again later", { retryable: true });
}

export function addMembers(draft: RoomDraft, contacts: readonly CwebId[]): void {
  const current = requireAdmin(draft);
  for (const id of contacts) {
    if (!draft.tools.canReach(draft.tx, id))
      throw new SharedSessionError("unknown-contact", "only contacts can be invited; add this one first");
  }
  invite(
    draft,
    contacts.filter((id) => !memberOf(current, id)),
  );
}

export function removeMembers(draft: RoomDraft, members: readonly CwebId[]): void {
  const current = requireReady(draft);
  if (members.includes(draft.own)) throw new SharedSessionError("not-admin", "the admin cannot be removed: hand the role over first");
  const { todo } = draft.head;
  draft.set({
    invited: draft.head.invited.filter((id) => !members.includes(id)),
    todo: { ...todo, joins: todo.joins.filter(({ member }) => !members.includes(member)) },
  });
  const leaves = members.filter((id) => memberOf(current, id)).map((member) => ({ member, last: null, since: 0 }));
  if (leaves.length === 0) return;
  const waiting = draft.head.todo;
  openEpoch(draft, { ...noTodo, leaves }, current.policy);
  draft.set({ todo: { ...waiting, leaves: waiting.leaves.filter(({ member }) => !members.includes(member)) } });
}

export function offerRole(draft: RoomDraft, member: CwebId): void {
  const current = requireReady(draft);
  if (member === draft.own || !memberOf(current, member))
    throw new SharedSessionError("unknown-contact", "the new admin must be another member");
  const { groupId, adminKey } = draft.head;
  draft.set({ offeredTo: member });
  draft.letter(member, "offer", offerCodec.encode({ groupId, epoch: current.epoch, signingKey: adminKey }));
}

export function renameRoom(draft: RoomDraft, name: string): void {
  const current = requireReady(draft);
  checkName(name);
  draft.set({ about: { ...draft.head.about, name } });
  renew(draft, current);
}
