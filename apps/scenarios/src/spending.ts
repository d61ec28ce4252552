import type { RequestOp } from "@cweb/storage-remote";
import { expect } from "vitest";
import type { Person } from "./person.ts";
import type { SeenRequest } from "./place.ts";

export type Spending = Readonly<Record<RequestOp, number>>;

export interface Spent {
  /** By kind; the peer's meter and the provider's log agree on it. */
  readonly counts: Spending;
  readonly requests: readonly SeenRequest[];
}

const ops: readonly RequestOp[] = ["get", "put", "delete", "list"];

/** What one person's action costs. Nobody else may act meanwhile. */
export async function spent({ meter, world }: Person, action: () => Promise<unknown>): Promise<Spent> {
  const before = meter.counts();
  const seenBefore = (await world.place.requests()).length;
  await action();
  const after = meter.counts();
  const sent = ops.reduce((sum, op) => sum + after[op].requests - before[op].requests, 0);
  let requests: readonly SeenRequest[] = [];
  // The last answer may be known to the peer before it stands in the log.
  for (let n = 0; n < 100 && requests.length < sent; n++) requests = (await world.place.requests()).slice(seenBefore);
  const count = (of: (op: RequestOp) => number): Spending => Object.fromEntries(ops.map((op) => [op, of(op)])) as Spending;
  const counts = count((op) => after[op].requests - before[op].requests);
  expect(
    count((op) => requests.filter((request) => request.op === op).length),
    "the provider's count",
  ).toEqual(counts);
  return { counts, requests };
}

export const costs = (counts: Partial<Spending>): Spending => ({ get: 0, put: 0, delete: 0, list: 0, ...counts });
