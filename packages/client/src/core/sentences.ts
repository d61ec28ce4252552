import type { SessionEventKind } from "@cweb/session";

/** What an event means, in one sentence for people. */
const notices: Readonly<Record<string, string>> = {
  "session-started": "A session has begun: messages are now encrypted with keys that change all the time.",
  "session-reset": "The session began anew; if this contact did not change its device, compare safety numbers.",
  "own-state-restored": "This home was restored from an older copy; all sessions begin anew by themselves.",
  gap: "Messages of this contact are missing; they are being asked for.",
  recovered: "A message that was missing has come.",
  undecryptable: "An object of this contact's store could not be decrypted; it was left aside.",
  unsupported: "A message of a kind that this program does not know was received; a newer version may show such messages.",
};

const alarms: Readonly<Record<string, string>> = {
  "descriptor-rollback": "The store shows an older descriptor than before.",
  "descriptor-fork": "The store shows different descriptors to different readers.",
  "descriptor-stale": "The descriptor has expired: its owner has not been online for long, or the store withholds newer ones.",
  "profile-mismatch": "The signed storage profile is not the place that was read.",
  "object-invalid": "The store holds something that its owner cannot have written.",
  "object-missing": "The store no longer shows something that it had.",
  "object-rollback": "The store shows an older value of an object than before.",
  "object-fork": "An object was changed in two ways: its owner's store, or a second copy of its owner's home, shows different values.",
  "access-refused": "The store refuses to be read: the reading key may have been withdrawn.",
  "clock-skew": "A clock is off by more than a day, here or at the contact's.",
  "identity-changed": "The contact's keys have changed: compare safety numbers again.",
  unreachable: "The contact's store cannot be reached.",
  "room-rollback": "The admin's store shows an older state of the room than before.",
  "room-fork": "The room was changed in two ways: not all members see the same one.",
  equivocation: "A member has written two different messages in one place: nothing more of it is read.",
  restored: "A member's home was restored from an older copy: it comes back under a new key.",
};

/** More exact sentences for some details of an event. */
const details: Readonly<Record<string, string>> = {
  "file-owner": "A message tells of a file of somebody else than its sender; it was left aside.",
  "file-reference": "A message tells of a file in a form that this program cannot read.",
};

export const noticeOf = (kind: SessionEventKind | "own-state-restored", detail: string = ""): string =>
  details[detail] ?? notices[kind] ?? "Something of this contact happened.";
const rooms: Readonly<Record<string, string>> = {
  "room-invited": "You are invited to this room.",
  "room-joined": "You are a member of this room.",
  "room-removed": "You are no member of this room any more: you read nothing new.",
  "room-members": "The members of this room have changed.",
  "room-admin": "This room has another admin.",
  "room-withdrawn": "A message was taken back: its place was closed before it came, or its sender wrote two.",
  "room-withheld": "A message of this member is missing for a day, and no member has handed it on: its store withholds it.",
  "room-recovered": "A message that was withheld has come.",
  "room-refused": "A message of this member is not sound; it was left aside.",
};

export const roomSentence = (kind: string, detail: string = ""): string =>
  kind === "room-members"
    ? `A member was ${detail === "added" ? "added" : "removed"}.`
    : (rooms[kind] ?? "Something happened in this room.");
export const alarmSentence = (code: string): string => alarms[code] ?? "Something is wrong with this contact's store.";
