import type { PublicProperties } from "../wire/public-properties.ts";
import { limits, times } from "./limits.ts";
import type { Generation } from "./prekeys.ts";

/** What stands in the newest own descriptor that this home knows of. */
export interface Published {
  readonly seq: number;
  /** SHA-256(D). */
  readonly hash: Uint8Array;
  readonly issuedAt: number;
  readonly incarnation: number;
  readonly gen: number;
  readonly oldestGen: number;
}

/** The owner's side of discovery (SPEC §5). Private prekeys stand in a record of their own. */
export interface OwnState {
  readonly properties: PublicProperties;
  readonly slotBits: number;
  /** Whether properties or slotBits differ from the published ones. */
  readonly changed: boolean;
  /** A home made again from a seed publishes nothing before it has looked at what it had published. */
  readonly awaitsAdoption: boolean;
  /** No value of TICK at or below this may be published. */
  readonly floor: number;
  /** The oldest generation that the next descriptor declares readable. */
  readonly oldestGen: number;
  readonly published: Published | null;
  /** The highest seq of an own descriptor that is known to be stored. */
  readonly storedSeq: number;
  /** The own descriptors of late, oldest first, `published` included. */
  readonly history: readonly { readonly seq: number; readonly hash: Uint8Array; readonly issuedAt: number }[];
}

export function newOwnState(properties: PublicProperties, slotBits: number, awaitsAdoption: boolean): OwnState {
  return {
    properties,
    slotBits,
    changed: false,
    awaitsAdoption,
    floor: 0,
    oldestGen: 0,
    published: null,
    storedSeq: 0,
    history: [],
  };
}

export interface Plan {
  readonly newGeneration: boolean;
  readonly publish: boolean;
}

/** What is due: a first descriptor, the heartbeat, a new incarnation, changed properties, a clock that was put back (SPEC §5.2). */
export function planMaintenance(own: OwnState, newest: Generation | undefined, now: number, incarnation: number): Plan {
  const published = own.published;
  if (own.awaitsAdoption) return { newGeneration: false, publish: false };
  if (published === null || newest === undefined) return { newGeneration: true, publish: true };
  const reborn = published.incarnation !== incarnation;
  const newGeneration = reborn || dueAgain(newest.issuedAt, now);
  return { newGeneration, publish: newGeneration || own.changed || newest.gen !== published.gen || dueAgain(published.issuedAt, now) };
}

/** Seven days old, or from a time that has not come yet: then the clock was ahead, and its descriptor misleads. */
const dueAgain = (issuedAt: number, now: number): boolean => now - issuedAt >= times.heartbeat || issuedAt - now > times.clockTolerance;

/** When and how often a contact's slot was tried. */
export interface SlotTries {
  readonly triedAt: number | null;
  /** The newest days (ms / day) with failing tries only, since the last that worked. */
  readonly failedDays: readonly number[];
}

/**
 * Whether no contact's slot can hold up the erasure of a generation: each was tried 21 days or more after its issue,
 * or failed to answer on 7 such days (SPEC §5.3).
 */
export function triedBy(tries: SlotTries, generation: { readonly issuedAt: number }): boolean {
  const from = generation.issuedAt + times.slotsTriedAfter;
  if (tries.triedAt !== null && tries.triedAt >= from) return true;
  return tries.failedDays.filter((day) => day * times.day >= from).length >= limits.failingDays;
}

export const isOld = (generation: { readonly issuedAt: number }, now: number): boolean => now - generation.issuedAt >= times.generationLife;

/**
 * With the time of issue put right where a clock that ran ahead had set it: else such a generation, and every later one, would be kept until that
 * time comes. `now`: a clock that is known to be right. `undefined` where all are.
 */
export function withRightTimes(generations: readonly Generation[], now: number): readonly Generation[] | undefined {
  const isAhead = ({ issuedAt }: Generation): boolean => issuedAt - now > times.clockTolerance;
  return generations.some(isAhead) ? generations.map((each) => (isAhead(each) ? { ...each, issuedAt: now } : each)) : undefined;
}

/** Those generations, besides the newest, whose age alone would allow to erase them. */
export function agedGenerations(generations: readonly Generation[], now: number): readonly Generation[] {
  return generations.slice(1).filter((generation) => isOld(generation, now));
}

/** The tries with one more, and whether it is worth a commit: once a day is enough for the rule. */
export function withTry(tries: SlotTries, ok: boolean, now: number): SlotTries | undefined {
  const day = Math.floor(now / times.day);
  if (ok) {
    const fresh = tries.triedAt !== null && Math.floor(tries.triedAt / times.day) === day && tries.failedDays.length === 0;
    return fresh ? undefined : { triedAt: now, failedDays: [] };
  }
  if (tries.failedDays.includes(day)) return undefined;
  return { triedAt: tries.triedAt, failedDays: [...tries.failedDays, day].slice(-limits.failingDays) };
}
