import type { Lease } from "./records.ts";

/** One process at a time keeps the mutable objects; it renews before each request. */
export const leaseDuration = 60_000;
/** Signed requests die after 15 minutes; after this no request of a dead process can land any more. */
export const latePutWindow = 20 * 60_000;
/** The owner reads its mutable objects again this often and repairs them. */
export const repairInterval = 24 * 3_600_000;

export const freeLease: Lease = { holder: "", until: 0, verifyAt: 0, checkedAt: 0 };

/** The lease with `holder` as its holder, or `undefined` while another process has it. */
export function takeLease(lease: Lease, holder: string, now: number): Lease | undefined {
  const isMine = lease.holder === holder;
  // A clock set back must not make a dead process's lease last for years.
  const isLive = lease.holder !== "" && lease.until > now && lease.until <= now + leaseDuration;
  if (!isMine && isLive) return undefined;
  const wasAbandoned = !isMine && lease.holder !== "";
  return { ...lease, holder, until: now + leaseDuration, verifyAt: wasAbandoned ? now + latePutWindow : lease.verifyAt };
}

export function releaseLease(lease: Lease): Lease {
  return { ...lease, holder: "", until: 0 };
}
