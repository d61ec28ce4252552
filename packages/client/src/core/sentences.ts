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
};

/** More exact sentences for some details of an event. */
const details: Readonly<Record<string, string>> = {
  "file-owner": "A message tells of a file of somebody else than its sender; it was left aside.",
  "file-reference": "A message tells of a file in a form that this program cannot read.",
};

export const noticeOf = (kind: SessionEventKind | "own-state-restored", detail: string = ""): string =>
  details[detail] ?? notices[kind] ?? "Something of this contact happened.";
export const alarmSentence = (code: string): string => alarms[code] ?? "Something is wrong with this contact's store.";
