import { decodeLease, isHeldBy, leaseDuration, readAgainLater, releaseLease, takeLease } from "./core/lease.ts";
import { type Lease, leaseCodec, names } from "./core/records.ts";
import { type Cancellable, cancel, type Ledger } from "./ledger.ts";

/** Thrown where another process has taken the lease meanwhile; never leaves this package. */
export class LeaseLost extends Error {
  constructor() {
    super("another process has taken the lease");
  }
}

/** This process's side of the lease (SPEC §6). */
export class LeaseHolder {
  readonly #ledger: Ledger;
  readonly #isGone: (holder: string) => boolean;
  /** As last written by this process; 0: not held. */
  #until = 0;

  constructor(ledger: Ledger, isGone: (holder: string) => boolean = () => false) {
    this.#ledger = ledger;
    this.#isGone = isGone;
  }

  /** False while another process has it. Costs a commit only where less than half of the time is left. */
  async take({ signal }: Cancellable = {}): Promise<boolean> {
    const left = this.#until - this.#ledger.clock.now();
    if (left > leaseDuration / 2 && left <= leaseDuration) return true;
    const taken = await this.#amend((lease, now) => takeLease(lease, this.#ledger.process, now, this.#isGone), signal);
    this.#until = taken?.until ?? 0;
    return taken !== undefined;
  }

  /** Before each request that only the holder may send. Throws `LeaseLost`. */
  async renew(options: Cancellable = {}): Promise<void> {
    if (!(await this.take(options))) throw new LeaseLost();
  }

  /** Right before a request, without a call: a process that was suspended since `renew` must not send it any more. */
  assertHeld(): void {
    const left = this.#until - this.#ledger.clock.now();
    if (left <= 0 || left > leaseDuration) throw new LeaseLost();
  }

  /** Not cancellable: it is what is done after a cancellation. */
  async release(): Promise<void> {
    if (this.#until === 0) return;
    this.#until = 0;
    await this.#amend((lease) => releaseLease(lease, this.#ledger.process));
  }

  /** After a PUT of unknown outcome: it may land late. */
  async readAgainLater(): Promise<void> {
    await this.#amend((lease, now) => readAgainLater(lease, now));
  }

  /** Everything was read again by this process as the holder. Throws `LeaseLost`. */
  async checked({ signal }: Cancellable = {}): Promise<void> {
    const { process } = this.#ledger;
    const held = await this.#amend(
      (lease, now) => (isHeldBy(lease, process, now) ? { ...lease, checkedAt: now, verifyAt: 0 } : undefined),
      signal,
    );
    if (!held) throw new LeaseLost();
  }

  /** Whether this process is the holder according to `record`, and not only in its own memory. */
  isHeldIn(record: Uint8Array | undefined): boolean {
    const now = this.#ledger.clock.now();
    return isHeldBy(decodeLease(record, now), this.#ledger.process, now);
  }

  #amend(change: (lease: Lease, now: number) => Lease | undefined, signal?: AbortSignal): Promise<Lease | undefined> {
    return this.#ledger.amend(
      [names.lease],
      (records) => {
        const now = this.#ledger.clock.now();
        const before = decodeLease(records.get(names.lease), now);
        const lease = change(before, now);
        const put = lease && lease !== before ? new Map([[names.lease, leaseCodec.encode(lease)]]) : new Map();
        return { put, result: lease };
      },
      cancel(signal),
    );
  }
}
