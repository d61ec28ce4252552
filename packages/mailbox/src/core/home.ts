import { type Home, homeCodec } from "./records.ts";

const hour = 3_600_000;
const day = 24 * hour;

/** A state that was never used. Its incarnation is the first TICK: nothing has confirmed the clock yet. */
const unusedHome: Home = {
  incarnation: 1,
  commit: 0,
  lastTick: 1,
  provedAt: 0,
  confirmedAt: 0,
  inboxSeq: 0,
  beacon: { incarnation: 0, commit: 0, stored: null, inFlight: null, isDue: false },
};

/** The home in its record; an unused one where there is none yet. */
export function decodeHome(record: Uint8Array | undefined): Home {
  return record ? homeCodec.decode(record) : unusedHome;
}

/** TICK (SPEC §4.1): above every earlier one; follows a clock that the storage has proved, and runs on its own otherwise. */
export function tick(home: Home, now: number): Home {
  const isCredible = home.provedAt > 0 && now - home.provedAt <= day;
  return { ...home, lastTick: Math.max(isCredible ? now : 0, home.lastTick) + 1 };
}

/** The clock for timers that erase something (SPEC §4.2): stands still a day after the last confirmation. */
export function confirmedNow(home: Home, now: number): number {
  return now - home.confirmedAt <= day ? now : home.confirmedAt;
}

/**
 * After a success of a signed request. Where the storage does not look at the clock, it proves nothing for TICK, and timers follow
 * at a day a success, so that a wrong clock erases nothing at once. Answers the same home where there is nothing worth a commit.
 */
export function confirmClock(home: Home, now: number, isChecked: boolean): Home {
  if (isChecked) return Math.abs(now - home.provedAt) < hour ? home : { ...home, provedAt: now, confirmedAt: now };
  const confirmedAt = home.confirmedAt === 0 ? now : Math.min(now, home.confirmedAt + day);
  return Math.abs(confirmedAt - home.confirmedAt) < hour ? home : { ...home, confirmedAt };
}

/** Whether the published beacon covers what was committed as number `commit`. */
export function isCovered({ beacon, incarnation }: Home, commit: number): boolean {
  return beacon.stored !== null && !beacon.isDue && beacon.incarnation === incarnation && beacon.commit >= commit;
}
