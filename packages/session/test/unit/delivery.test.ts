import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Acknowledgement,
  acknowledgement,
  expectedSeq,
  giveUp,
  newDelivery,
  recordRead,
  recordReceived,
} from "../../src/core/delivery.ts";
import { entriesOf, holdsId } from "../../src/core/received-ids.ts";

const id = (seq: number): Uint8Array => new Uint8Array(16).fill(seq % 256);
const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
const names = (from: number, to: number): string[] => range(from, to).map((n) => `n${n}`);

/** A delivery that has received exactly these seqs, in this order. */
function having(order: readonly number[]): typeof newDelivery {
  let delivery = newDelivery;
  for (const seq of order) {
    const passedOver = names(delivery.high + 1, seq);
    expect(expectedSeq(delivery, `n${seq}`, passedOver)).toBe(seq);
    delivery = recordReceived(delivery, { name: `n${seq}`, seq, messageId: id(seq), isPure: false, passedOver }, 1, 1);
  }
  return delivery;
}

const shuffledSubset = fc.uniqueArray(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 60 });

describe("acknowledging", () => {
  test("an acknowledgement says of each number up to it whether it was received", () => {
    fc.assert(
      fc.property(shuffledSubset, (order) => {
        const delivery = having(order);
        const { ack, missing, lost } = acknowledgement(delivery);
        expect(missing.length).toBeLessThanOrEqual(32);
        expect(lost).toEqual([]);
        for (let seq = 1; seq <= ack; seq++) expect(missing.includes(seq)).toBe(!order.includes(seq));
        // It is as high as 32 missing ones allow.
        if (ack < delivery.high) expect(missing.length).toBe(32);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test("what is given up is told until a body that said so was read", () => {
    const given = giveUp(having([1, 4, 5]), ["n2", "n3"], 7);
    expect(given.owedSince).not.toBeNull();
    const said = acknowledgement(given);
    expect(said).toEqual({ ack: 5, missing: [], lost: [2, 3] });
    expect(acknowledgement(recordRead(given, { ack: 5, missing: [], lost: [3] }))).toEqual({ ack: 5, missing: [], lost: [2] });
    expect(acknowledgement(recordRead(given, said)).lost).toEqual([]);
  });

  test("with more than 32 given up, the acknowledgement stays below the 33rd", () => {
    const given = giveUp(having([60]), names(1, 50), 1);
    const said = acknowledgement(given);
    expect(said.lost.length).toBe(32);
    expect(said.ack).toBe(32);
    // Then the other 17, and the ten that are merely missing.
    expect(acknowledgement(recordRead(given, said))).toEqual({ ack: 60, missing: range(50, 60), lost: range(33, 50) });
  });

  test("ids are kept until the peer has read what was said of them", () => {
    const delivery = having([1, 2, 4]);
    const left = (said: Acknowledgement): readonly number[] => [...entriesOf(recordRead(delivery, said).ids)].map(({ seq }) => seq);
    expect(left({ ack: 2, missing: [1], lost: [] })).toEqual([1, 4]);
    expect(left({ ack: 4, missing: [3], lost: [] })).toEqual([]);
    expect(holdsId(delivery.ids, id(4))).toBe(true);
    expect(holdsId(delivery.ids, id(3))).toBe(false);
  });
});
