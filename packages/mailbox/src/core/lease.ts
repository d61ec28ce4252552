import { type Lease, leaseCodec } from "./records.ts";

/** One process at a time keeps the mutable objects. */
export const leaseDuration = 60_000;
/** Signed requests die after 15 minutes; after this no request of a dead process can land any more. */
export const latePutWindow = 20 * 60_000;
/** The owner reads its mutable objects again this often and repairs them. */
export const repairInterval = 24 * 3_600_000;

/** A home that never had a lease has nothing to repair yet. */
export function decodeLease(record: Uint8Array | undefined, now: number): Lease {
  return record ? leaseCodec.decode(record) : { holder: "", until: 0, verifyAt: 0, checkedAt: now };
}

/** A clock set back must not make a dead process's lease last for years. */
const isLive = ({ holder, until }: Lease, now: number): boolean => holder !== "" && until > now && until <= now + leaseDuration;

export function isHeldBy(lease: Lease, holder: string, now: number): boolean {
  return lease.holder === holder && isLive(lease, now);
}

/** The lease with `holder` as its holder, or `undefined` while another process has it that is not known to be gone. */
export function takeLease(lease: Lease, holder: string, now: number, isGone: (holder: string) => boolean = () => false): Lease | undefined {
  const isMine = lease.holder === holder;
  if (!isMine && isLive(lease, now) && !isGone(lease.holder)) return undefined;
  const taken = { ...lease, holder, until: now + leaseDuration };
  const wasAbandoned = !isMine && lease.holder !== "";
  return wasAbandoned ? readAgainLater(taken, now) : taken;
}

/** Some PUT may land late: everything is read again when none can any more. */
export const readAgainLater = (lease: Lease, now: number): Lease => ({ ...lease, verifyAt: now + latePutWindow });

export function releaseLease(lease: Lease, holder: string): Lease {
  return lease.holder === holder ? { ...lease, holder: "", until: 0 } : lease;
}

/** Whether a wait of at most `window` is over. One that seems longer began before the clock was set back: it counts as over. */
export const isOver = (until: number, window: number, now: number): boolean => until <= now || until > now + window;
