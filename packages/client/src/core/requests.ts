import type { RequestCounts } from "@cweb/storage-remote";
import type { RequestTotals } from "./records.ts";

export const noRequests: RequestTotals = { get: 0, put: 0, delete: 0, list: 0, head: 0, bytesIn: 0, bytesOut: 0 };

/** What a meter has counted, as totals. */
export function totalsOf(counts: RequestCounts): RequestTotals {
  const all = Object.values(counts);
  return {
    get: counts.get.requests,
    put: counts.put.requests,
    delete: counts.delete.requests,
    list: counts.list.requests,
    head: 0,
    bytesIn: all.reduce((sum, { bytesIn }) => sum + bytesIn, 0),
    bytesOut: all.reduce((sum, { bytesOut }) => sum + bytesOut, 0),
  };
}

/** Each number of `a`, `sign` times that of `b` added. */
export function combine(a: RequestTotals, b: RequestTotals, sign: 1 | -1): RequestTotals {
  const at = (name: keyof RequestTotals): number => a[name] + sign * b[name];
  return {
    get: at("get"),
    put: at("put"),
    delete: at("delete"),
    list: at("list"),
    head: at("head"),
    bytesIn: at("bytesIn"),
    bytesOut: at("bytesOut"),
  };
}

export const isNothing = (totals: RequestTotals): boolean => Object.values(totals).every((n) => n === 0);
