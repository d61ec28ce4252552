import type { Clock } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { RoundReport } from "@cweb/session";
import { createLimit, type Limit } from "@cweb/storage-remote";
import { PeerError } from "./peer-error.ts";

/** What one round brought from one contact. */
export interface ContactReport {
  readonly id: CwebId;
  /** The contact's name here. */
  readonly name: string;
  /** GETs on the contact's store. */
  readonly gets: number;
  /** A message came. */
  readonly heard: boolean;
  /** How many of its objects have a new value, or another state. */
  readonly changed: number;
  /** Why nothing could be asked; asked again in the next round. */
  readonly failure?: unknown;
}

/** What a contact's turn in a round brought. */
export interface Turn extends RoundReport {
  readonly changed: number;
}

export interface Polled {
  readonly id: CwebId;
  readonly name: string;
  poll(signal: AbortSignal): Promise<Turn>;
}

export interface PollerOptions {
  readonly clock: Clock;
  /** Contacts polled at a time. */
  readonly concurrency: number;
  /** How long a round waits for one contact, in ms; its poll goes on beside the next rounds. */
  readonly patience: number;
  /** How long one contact's poll may take at most, in ms. */
  readonly timeout: number;
}

/** Polls contacts beside each other; one that is slow or broken keeps no other waiting, in this round or the next. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #limit: Limit;
  readonly #underWay: Map<string, Promise<unknown>> = new Map();
  readonly #stop = new AbortController();

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#limit = createLimit(options.concurrency);
  }

  /** `onEach` is called after each contact. */
  all(contacts: readonly Polled[], onEach: () => void, signal: AbortSignal | undefined): Promise<readonly ContactReport[]> {
    return Promise.all(
      contacts.map(async (contact) => {
        const report = await this.#one(contact, onEach, signal);
        onEach();
        return report;
      }),
    );
  }

  /** Ends what is still under way. */
  async close(): Promise<void> {
    this.#stop.abort(slow());
    await Promise.allSettled(this.#underWay.values());
  }

  /** One thing to be polled: not twice at once, and not waited for longer than a round may. Its late end is told by `onLate`. */
  async turn<T>(
    key: string,
    poll: (signal: AbortSignal) => Promise<T>,
    { onLate, signal }: { readonly onLate: () => void; readonly signal: AbortSignal | undefined },
  ): Promise<T> {
    if (this.#underWay.has(key)) throw slow();
    return this.#patiently(this.#begin(key, poll, onLate, signal), signal);
  }

  async #one(contact: Polled, onLate: () => void, signal: AbortSignal | undefined): Promise<ContactReport> {
    const { id, name } = contact;
    // Still busy from an earlier round: asking twice at once would help nobody.
    if (this.#underWay.has(id)) return { id, name, gets: 0, heard: false, changed: 0, failure: slow() };
    const leave = await this.#limit.enter(signal);
    try {
      const { failure, ...turn } = await this.turn(id, contact.poll, { onLate, signal });
      return { id, name, ...turn, ...(failure === undefined ? {} : { failure }) };
    } catch (failure) {
      signal?.throwIfAborted();
      return { id, name, gets: 0, heard: false, changed: 0, failure };
    } finally {
      leave();
    }
  }

  #begin<T>(key: string, poll: (signal: AbortSignal) => Promise<T>, onLate: () => void, signal: AbortSignal | undefined): Promise<T> {
    const { clock, timeout } = this.#options;
    const late = new AbortController();
    const done = new AbortController();
    clock.sleep(timeout, done.signal).then(
      () => late.abort(slow()),
      () => undefined,
    );
    const signals = [late.signal, this.#stop.signal, ...(signal ? [signal] : [])];
    const running = poll(AbortSignal.any(signals)).finally(() => {
      done.abort();
      this.#underWay.delete(key);
      onLate();
    });
    this.#underWay.set(key, running);
    return running;
  }

  async #patiently<T>(running: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const done = new AbortController();
    const waiting = this.#options.clock.sleep(this.#options.patience, signal ? AbortSignal.any([signal, done.signal]) : done.signal);
    const late = waiting.then(() => {
      throw slow();
    });
    // Where one of the two comes first, nobody looks at how the other ends.
    late.catch(() => undefined);
    running.catch(() => undefined);
    try {
      return await Promise.race([running, late]);
    } finally {
      done.abort();
    }
  }
}

const slow = (): PeerError =>
  new PeerError("contact-slow", "This contact's store has not answered in time; it is asked again in the next round.");
