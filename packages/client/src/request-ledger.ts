import type { Mailbox } from "@cweb/mailbox";
import type { Meter } from "@cweb/storage-remote";
import type { Cancellable } from "./contact-book.ts";
import { decodeTotals, encodeTotals, names, type RequestTotals } from "./core/records.ts";
import { combine, isNothing, noRequests, totalsOf } from "./core/requests.ts";

/** Keeps what the meter counts beyond the process: one small commit at the end of a round, never one a request. */
export class RequestLedger {
  readonly #mailbox: Mailbox;
  readonly #meter: Meter | undefined;
  #folded: RequestTotals;

  /** `since`: what the meter had counted before it counted for this peer. */
  constructor(mailbox: Mailbox, meter: Meter | undefined, since: RequestTotals) {
    this.#mailbox = mailbox;
    this.#meter = meter;
    this.#folded = since;
  }

  /** What this process has counted so far. */
  get counted(): RequestTotals {
    return countedBy(this.#meter);
  }

  async fold(cancel: Cancellable = {}): Promise<void> {
    const counted = this.counted;
    const more = combine(counted, this.#folded, -1);
    if (isNothing(more)) return;
    this.#folded = counted;
    await this.#mailbox.transact(
      { read: [names.requests] },
      (tx) => {
        const found = tx.get(names.requests);
        tx.put(names.requests, encodeTotals(combine(found ? decodeTotals(found) : noRequests, more, 1)));
      },
      cancel,
    );
  }

  /** Since the home was made, this process included. */
  async totals(cancel: Cancellable = {}): Promise<RequestTotals> {
    const found = (await this.#mailbox.load([names.requests], cancel)).get(names.requests);
    return combine(found ? decodeTotals(found) : noRequests, combine(this.counted, this.#folded, -1), 1);
  }
}

export const countedBy = (meter: Meter | undefined): RequestTotals => (meter ? totalsOf(meter.counts()) : noRequests);
