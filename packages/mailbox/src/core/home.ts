import { bytes, codec, nullable, struct, type TypeOf, u64 } from "@cweb/serialization";

const DAY = 24 * 3600 * 1000;

const homeType = struct({
  incarnation: u64,
  /** Rises with each commit that creates or deletes a remote object. */
  commit: u64,
  lastTick: u64,
  /** The clock when the own storage last answered a request that a wrong clock would have failed. */
  confirmedAt: u64,
  /** Number of the newest inbox entry. */
  inboxSeq: u64,
  beacon: struct({
    /** What the last stored beacon said; 0 and 0 before the first. */
    incarnation: u64,
    commit: u64,
    /** SHA-256 of the beacon stored last, and of one whose PUT has an unknown outcome. */
    stored: nullable(bytes(32)),
    inFlight: nullable(bytes(32)),
  }),
});

/** What this home knows of itself. One record. */
export type Home = TypeOf<typeof homeType>;
export const homeCodec = codec(homeType, { maxBytes: 1024 });

/** A state that was never used: its incarnation is the first TICK, as nothing has confirmed the clock yet. */
const newHome: Home = {
  incarnation: 1,
  commit: 0,
  lastTick: 1,
  confirmedAt: 0,
  inboxSeq: 0,
  beacon: { incarnation: 0, commit: 0, stored: null, inFlight: null },
};

/** The home in its record; a new one where there is none yet. */
export function decodeHome(record: Uint8Array | undefined): Home {
  return record ? homeCodec.decode(record) : newHome;
}

/** Whether a clock's value may be used: no more than a day beyond what is confirmed. */
function isCredible(home: Home, now: number): boolean {
  return now - Math.max(home.confirmedAt, 0) <= DAY;
}

/** TICK (SPEC "TICK"): above every earlier one; follows the clock as long as that is credible. */
export function tick(home: Home, now: number): Home {
  return { ...home, lastTick: Math.max(isCredible(home, now) ? now : 0, home.lastTick) + 1 };
}

/** The clock for timers that erase something (SPEC "Clock"). */
export function confirmedNow(home: Home, now: number): number {
  return isCredible(home, now) ? now : Math.min(now, home.confirmedAt);
}

/** After a success of a request that proves the clock. Answers the same home where there is nothing worth a commit. */
export function confirmClock(home: Home, now: number): Home {
  return now - home.confirmedAt >= DAY / 24 ? { ...home, confirmedAt: now } : home;
}

/** Whether the published beacon covers what was committed as number `commit`. */
export function isCovered(home: Home, commit: number): boolean {
  return home.beacon.stored !== null && home.beacon.incarnation === home.incarnation && home.beacon.commit >= commit;
}
