import { times } from "./limits.ts";
import {
  type Content,
  deleted,
  type Head,
  noChange,
  type OwnedObject,
  type OwnerContext,
  type OwnerStep,
  type RetiredName,
  rotate,
  writeRecord,
} from "./owned-object.ts";

/** Whether time is up; also where it was noted by a clock that was set back since. */
const isTimeUp = (since: number, length: number, now: number, tolerance: number): boolean =>
  now - since >= length || since - now > tolerance;

/** Why an object needs a step now, if it does. */
export function dueStep(
  state: OwnedObject,
  { now, confirmedNow, incarnation }: Clocks,
): "restored" | "rotation" | "heartbeat" | "removal" | undefined {
  const { isDeleted, rotatedAt, rotateEvery, issuedAt, retired, oldFiles } = state;
  const isOut = !isDeleted || retired.length > 0;
  // What was written in an earlier incarnation is not stored any more.
  if (isOut && state.incarnation !== incarnation) return "restored";
  if (!isDeleted && isTimeUp(rotatedAt, rotateEvery * times.day, now, times.tickAhead)) return "rotation";
  if (!isDeleted && isTimeUp(issuedAt, times.heartbeat, now, times.clockTolerance)) return "heartbeat";
  const isAhead = [...retired, ...oldFiles].some(({ since }) => since - now > times.tickAhead);
  return isAhead || retired.some(({ since }) => confirmedNow - since >= times.retirement) ? "removal" : undefined;
}

export type Clocks = Pick<OwnerContext, "now" | "confirmedNow" | "incarnation">;

/** When something is due for this object, in ms; for one that was looked at just now. */
export function nextDue(state: OwnedObject, { now, confirmedNow }: Clocks): number {
  const live = state.isDeleted ? [] : [state.rotatedAt + state.rotateEvery * times.day, state.issuedAt + times.heartbeat];
  const names = state.retired.map(({ since }) => now + times.retirement - (confirmedNow - since));
  const files = state.oldFiles.map(({ since }) => now + times.fileRetirement - (confirmedNow - since));
  return Math.min(...live, ...names, ...files);
}

function renewed(context: OwnerContext, state: OwnedObject, content: Content): OwnerStep {
  const due = dueStep(state, context);
  if (due === "restored" && state.isDeleted) return writeRecord(context, state, deleted);
  if (due === "restored" || due === "rotation") return rotate(context, state, content);
  return due === "heartbeat" ? writeRecord(context, state, content) : noChange(state);
}

/** What is due: a new epoch, a heartbeat, the deletion of old names. */
export function tendObject(context: OwnerContext, state: OwnedObject, content: Content): OwnerStep {
  const step = renewed(context, state, content);
  const isOver = ({ since }: RetiredName): boolean => context.confirmedNow - since >= times.retirement;
  const isGone = (name: RetiredName): boolean => name.isStored && isOver(name);
  // That it was stored was perhaps not noted, for the process died: it stands once more as long.
  const noted = (name: RetiredName): RetiredName => (isOver(name) ? standing(name, context.now) : name);
  // What a clock noted that ran ahead is not waited for.
  const notAhead = <T extends { readonly since: number }>(one: T): T => ({ ...one, since: Math.min(one.since, context.now) });
  const { retired, oldFiles } = step.state;
  return {
    ...step,
    state: {
      ...step.state,
      retired: retired
        .filter((name) => !isGone(name))
        .map(noted)
        .map(notAhead),
      oldFiles: oldFiles.map(notAhead),
    },
    withdraw: [...step.withdraw, ...retired.filter(isGone).map(({ path }) => path)],
  };
}

const standing = (name: RetiredName, since: number): RetiredName => ({ ...name, since, isStored: true, key: null });

/** Something is known to be stored under this path: a record that from now on may be announced (`head`), or the last one of an epoch. */
export function noteStored(
  before: OwnedObject,
  path: string,
  head: Head | undefined,
  now: number,
): { readonly state: OwnedObject; readonly consumed: readonly Uint8Array[] } {
  const isNewer = head !== undefined && head.version > before.stored.version;
  const waiting = before.retired.filter((name) => name.path === path && !name.isStored);
  if (!isNewer && waiting.length === 0) return { state: before, consumed: [] };
  const stored = isNewer ? head : before.stored;
  const unstored = before.unstored.filter(({ version }) => version > stored.version);
  const retired = before.retired.map((name) => (waiting.includes(name) ? standing(name, now) : name));
  return { state: { ...before, stored, unstored, retired }, consumed: waiting.flatMap(({ key }) => (key === null ? [] : [key])) };
}
