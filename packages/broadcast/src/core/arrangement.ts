import type { Random } from "@cweb/crypto";
import { limits, times } from "./limits.ts";

/** How many entries each slot has, and since when half would have done. */
export interface Capacity {
  readonly entries: number;
  readonly roomySince: number | null;
}

/** The smallest power of two from 4 to 64 that holds `count`, or 64. */
export function entriesFor(count: number): number {
  let entries: number = limits.leastEntries;
  while (entries < count && entries < limits.mostEntries) entries *= 2;
  return entries;
}

/** Grows at once, halves after 28 days in which half would have done (SPEC §4.3). `fullest`: entries wanted in the fullest slot. */
export function nextCapacity(capacity: Capacity, fullest: number, now: number): Capacity {
  const needed = entriesFor(fullest);
  if (needed >= capacity.entries) return { entries: needed, roomySince: null };
  const since = capacity.roomySince;
  // A clock that was put back starts the wait again.
  if (since === null || since > now) return { ...capacity, roomySince: now };
  if (now - since < times.shrinkAfter) return capacity;
  return { entries: capacity.entries / 2, roomySince: needed < capacity.entries / 2 ? now : null };
}

/** A uniform whole number below `bound` (at most 2^16). */
function below(random: Random, bound: number): number {
  const unbiased = 65_536 - (65_536 % bound);
  for (;;) {
    const [high = 0, low = 0] = random.bytes(2);
    const drawn = high * 256 + low;
    if (drawn < unbiased) return drawn % bound;
  }
}

/** A newly drawn order: where an entry stands says nothing about where it stood. */
export function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}

export interface Wanting {
  /** Its slot. */
  readonly slot: number;
  /** When it was made, in ms: the oldest go first. */
  readonly madeAt: number;
}

export interface Arrangement<T> {
  /** By slot. */
  readonly slots: ReadonlyMap<number, readonly T[]>;
  /** In the fullest slot, those that wait included. */
  readonly fullest: number;
  /** Beyond 64 in their slot. */
  readonly waiting: readonly T[];
}

export function arrange<T extends Wanting>(entries: readonly T[]): Arrangement<T> {
  const bySlot = new Map<number, T[]>();
  for (const entry of entries) bySlot.set(entry.slot, [...(bySlot.get(entry.slot) ?? []), entry]);
  const slots = new Map<number, readonly T[]>();
  const waiting: T[] = [];
  for (const [slot, wanted] of bySlot) {
    const inOrder = wanted.sort((a, b) => a.madeAt - b.madeAt);
    slots.set(slot, inOrder.slice(0, limits.mostEntries));
    waiting.push(...inOrder.slice(limits.mostEntries));
  }
  return { slots, fullest: Math.max(0, ...[...bySlot.values()].map((wanted) => wanted.length)), waiting };
}
