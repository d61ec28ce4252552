import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterFailure,
  dueStandIn,
  isSecondDue,
  newPollState,
  type PollState,
  planRound,
  type Turn,
  turnRotation,
} from "../../src/core/schedule.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Rounds as a peer makes them that polls at this interval: after more than ten minutes two, the first for the expected name. */
function turnsAt(interval: number, polls: number, fails: (turn: Turn) => boolean = () => false): readonly Turn[] {
  const turns: Turn[] = [];
  let poll: PollState = newPollState;
  let now = Date.UTC(2026, 0, 1);
  const round = (expectedOnly: boolean): void => {
    const planned = planRound(poll, { phase: "established", hasDescriptor: true, now, expectedOnly });
    turns.push(planned.turn);
    poll = fails(planned.turn) ? afterFailure(poll, planned.poll, now) : planned.poll;
  };
  for (let i = 0; i < polls; i++, now += interval) {
    const isPause = interval > 10 * minute;
    round(isPause);
    if (isPause && isSecondDue(poll, { phase: "established", now })) round(false);
  }
  return turns;
}

/** The longest run of rounds without this turn. */
function longestWait(turns: readonly Turn[], turn: Turn): number {
  let longest = 0;
  let since = 0;
  for (const one of turns) {
    since = one === turn ? 0 : since + 1;
    longest = Math.max(longest, since);
  }
  return longest;
}

const intervals = [minute / 2, 5 * minute, 15 * minute, hour, 6 * hour, day, 7 * day];

describe("what a round asks for", () => {
  test("never two stand-ins in a row, and none starves", () => {
    for (const interval of intervals) {
      const turns = turnsAt(interval, 5000);
      for (const [i, turn] of turns.entries()) expect(turn !== "expected" && turns[i - 1] !== "expected" && i > 0).toBe(false);
      // Of the rotation a turn comes within 21 rounds; the others as often as they are due, or in turn.
      expect(longestWait(turns, "rotation")).toBeLessThanOrEqual(21);
      const roundsIn = (time: number): number => Math.ceil(time / interval) * (interval > 10 * minute ? 2 : 1);
      expect(longestWait(turns, "descriptor")).toBeLessThanOrEqual(roundsIn(day) + 6);
      expect(longestWait(turns, "slot")).toBeLessThanOrEqual(roundsIn(hour) + 6);
    }
  });

  test("a stand-in that always fails does not keep the others from their turns", () => {
    for (const broken of ["slot", "descriptor", "rotation"] as const) {
      for (const interval of intervals) {
        const turns = turnsAt(interval, 2000, (turn) => turn === broken);
        expect(longestWait(turns, "expected")).toBeLessThanOrEqual(1);
        for (const other of (["slot", "descriptor", "rotation"] as const).filter((one) => one !== broken && one !== "descriptor")) {
          expect(turns.filter((turn) => turn === other).length).toBeGreaterThan(10);
        }
      }
    }
  });

  test("while the own initial message is unanswered, slot and first name take turns", () => {
    let poll: PollState = { ...newPollState, descriptorDue: 2000, rotationDue: 99 };
    const turns: Turn[] = [];
    for (let i = 0; i < 8; i++) {
      const planned = planRound(poll, { phase: "unanswered", hasDescriptor: true, now: 1000, expectedOnly: false });
      turns.push(planned.turn);
      poll = planned.poll;
    }
    expect(turns).toEqual(["expected", "slot", "expected", "slot", "expected", "slot", "expected", "slot"]);
  });

  test("without a descriptor nothing else can be asked for", () => {
    expect(planRound(newPollState, { phase: "none", hasDescriptor: false, now: 1, expectedOnly: true }).turn).toBe("descriptor");
  });

  test("a clock that was put back puts no stand-in off", () => {
    const poll = { ...newPollState, slotDue: 400 * day, descriptorDue: 400 * day, rotationDue: 99 };
    expect(dueStandIn(poll, { phase: "established", now: day })).toBeDefined();
  });

  test("the rotation comes to every name within its bound, whatever is passed over", () => {
    const ahead = Array.from({ length: 36 }, (_, i) => `ahead ${i}`);
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(10_000), fc.nat(10_000), fc.boolean(), (count, aheadCursor, pendingCursor, pendingTurn) => {
        const pending = Array.from({ length: count }, (_, i) => `pending ${i}`);
        let poll: PollState = { ...newPollState, aheadCursor, pendingCursor, pendingTurn };
        const seen = new Map<string, number>();
        for (let turn = 1; turn <= 2 * Math.max(36, count); turn++) {
          const turned = turnRotation(poll, ahead, pending);
          poll = turned.poll;
          if (turned.name !== undefined && !seen.has(turned.name)) seen.set(turned.name, turn);
        }
        for (const name of ahead) expect(seen.get(name)).toBeLessThanOrEqual(count > 0 ? 72 : 36);
        for (const name of pending) expect(seen.get(name)).toBeLessThanOrEqual(2 * count);
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});
