import type { Contact } from "@cweb/discovery";
import type { Path, ReadResult, Version } from "@cweb/storage-remote";
import { expectedName, namesAhead } from "./core/decrypt.ts";
import { aheadInChain, aheadInNextChain, descriptorInterval } from "./core/limits.ts";
import { type Phase, type PollState, planRound, type Turn, turnRotation } from "./core/schedule.ts";
import type { SessionState } from "./core/state.ts";
import type { Draft } from "./draft.ts";

/** What one round knows before it asks. */
export interface Plan {
  readonly turn: Turn;
  /** The schedule once this turn was taken; `undefined` for a request that is not a turn of its own. */
  readonly poll: PollState | undefined;
  readonly slotVersion: Version | undefined;
  readonly contact: Contact;
  readonly expected: string | undefined;
  readonly rotation: string | undefined;
  readonly ahead: readonly string[];
  readonly pending: readonly string[];
}

/** What a round would do now. `undefined`: nothing, the contact is unknown or removed. Changes nothing. */
export function planOf(draft: Draft, expectedOnly: boolean): Plan | undefined {
  const { crypto, discovery, broadcast } = draft.tools;
  const contact = discovery.contactOf(draft.tx, draft.contact.id);
  if (!contact || draft.state.isRemoved) return undefined;
  const { live } = draft.state;
  const situation = { phase: phaseOf(draft.state), hasDescriptor: contact.pinned !== undefined, now: draft.tx.now, expectedOnly };
  const { turn, poll } = planRound(draft.poll, situation);
  const ahead = live ? namesAhead(crypto, live.ratchet, aheadInChain, aheadInNextChain) : [];
  const pending = live ? [...live.ratchet.skipped.keys()] : [];
  const turned = turn === "rotation" ? turnRotation(poll, ahead, pending) : { name: undefined, poll };
  return {
    turn,
    poll: { ...turned.poll, lastRoundAt: draft.tx.now },
    slotVersion: knownVersion(draft.poll, contact.pinned && broadcast.slotPath(contact.pinned), draft.tx.now),
    contact,
    expected: live ? expectedName(crypto, live.ratchet) : undefined,
    rotation: turned.name,
    ahead,
    pending,
  };
}

/** For the next conditional GET of the slot: its version, once all of it was taken in. */
export function slotSeen(path: Path, answer: ReadResult, now: number): Partial<PollState> {
  if (answer.kind === "unchanged") return {};
  const isKeepable = answer.kind === "found" && answer.version !== "" && answer.version.length <= 256;
  return { slotPath: path, slotVersion: isKeepable ? answer.version : null, slotReadAt: now };
}

/** Once a day the slot is read whole: what was ignored in it because of a clock may be right by now. */
function knownVersion({ slotPath, slotVersion, slotReadAt }: PollState, path: Path | undefined, now: number): Version | undefined {
  const isUsable = slotPath === path && slotVersion !== null && Math.abs(now - slotReadAt) < descriptorInterval;
  return isUsable ? (slotVersion as Version) : undefined;
}

/** Another process may have gone on in the meantime: then its place in the schedule counts. */
export function scheduled(current: PollState, { poll }: Plan, now: number): PollState {
  return poll && poll.round > current.round ? poll : { ...current, lastRoundAt: now };
}

export const phaseOf = ({ live }: SessionState): Phase => (live ? (live.unanswered ? "unanswered" : "established") : "none");
