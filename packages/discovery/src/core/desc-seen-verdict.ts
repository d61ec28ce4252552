import { equal } from "@cweb/crypto";
import type { DescSeen } from "../wire/desc-seen.ts";
import { times } from "./limits.ts";
import type { OwnState } from "./own-state.ts";

/**
 * What a peer's echo says about the own store (SPEC §4.6):
 * - `current`, `behind`: nothing is wrong; `behind` by a descriptor that was new when the peer wrote.
 * - `withheld`: the peer was shown an old one although a newer one had been out for two days.
 * - `forked`: the peer holds a descriptor of a known seq that this home did not sign.
 * - `ahead`: the peer holds a newer one than this home knows of: this home was restored, or the signing key is used elsewhere.
 * - `unknown`: too old to tell.
 */
export type DescSeenVerdict = "current" | "behind" | "withheld" | "forked" | "ahead" | "unknown";

/** `sentAt`: when the peer wrote, in ms. */
export function judgeDescSeen(own: OwnState, seen: DescSeen, sentAt: number): DescSeenVerdict {
  if (own.published === null || seen.seq > own.published.seq) return "ahead";
  const index = own.history.findIndex((entry) => entry.seq === seen.seq);
  const entry = own.history[index];
  if (entry === undefined) return "unknown";
  if (!equal(entry.hash, seen.hash)) return "forked";
  const newer = own.history[index + 1];
  if (newer === undefined) return "current";
  return sentAt - newer.issuedAt > times.withheldAfter ? "withheld" : "behind";
}
