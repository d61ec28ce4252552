import { maxGetsPerRound, pauseAfter } from "./core/limits.ts";
import { dueStandIn } from "./core/schedule.ts";
import type { Cancellable } from "./options.ts";
import type { StepRunner } from "./step-runner.ts";
import { isStorageFailure, phaseOf, type Taken, Turns } from "./turns.ts";

export interface RoundReport {
  /** GETs on the contact's bucket. */
  readonly gets: number;
  /** Whether something came. */
  readonly heard: boolean;
  /** Why nothing could be asked, where the contact's storage failed. It is tried again in the next round. */
  readonly failure?: unknown;
}

/** Polls one contact's bucket: which one object, what it means, and what follows from it (SPEC "One GET a round"). */
export class RoundRunner {
  readonly #steps: StepRunner;
  readonly #establish: (signal: AbortSignal | undefined) => Promise<void>;
  readonly #turns: Turns;

  /** `establish` begins a session where one is wanted: at the end of each round. */
  constructor(steps: StepRunner, establish: (signal: AbortSignal | undefined) => Promise<void>) {
    this.#steps = steps;
    this.#establish = establish;
    this.#turns = new Turns(steps);
  }

  async poll({ signal, full = false }: Cancellable & { readonly full?: boolean } = {}): Promise<RoundReport> {
    this.#turns.gets = 0;
    try {
      const heard = full ? await this.#fullCheck(signal) : await this.#rounds(signal);
      await this.#establish(signal);
      return { gets: this.#turns.gets, heard };
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
      return { gets: this.#turns.gets, heard: false, failure };
    }
  }

  /** One round; after a pause two, the first for the expected name; and another at once where 64 GETs did not empty the store. */
  async #rounds(signal: AbortSignal | undefined): Promise<boolean> {
    const afterPause = await this.#steps.step(({ poll, tx }) => Math.abs(tx.now - poll.lastRoundAt) > pauseAfter, signal);
    // The first thing of a new contact is its descriptor; the round proper follows at once.
    const wasUnknown = !(await this.#hasDescriptor(signal));
    let { heard, isFull } = await this.#round(afterPause, signal);
    if (wasUnknown || (afterPause && (await this.#isStandInDue(signal)))) {
      const second = await this.#round(wasUnknown, signal);
      heard ||= second.heard;
      isFull ||= second.isFull;
    }
    while (isFull) ({ isFull } = await this.#round(true, signal));
    return heard;
  }

  #isStandInDue(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#steps.step(({ poll, state, tx }) => dueStandIn(poll, { phase: phaseOf(state), now: tx.now }) !== undefined, signal);
  }

  #hasDescriptor(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#steps.step(({ tx }) => this.#steps.options.discovery.peer(tx, this.#steps.contact.id) !== undefined, signal);
  }

  async #round(expectedOnly: boolean, signal: AbortSignal | undefined): Promise<{ heard: boolean; isFull: boolean }> {
    const before = this.#turns.gets;
    const plan = await this.#turns.plan(expectedOnly, signal);
    if (!plan) return { heard: false, isFull: false };
    const first = await this.#turns.take(plan, plan.turn, signal);
    const followed = await this.#follow(first, before, signal);
    return { heard: first.heard, isFull: followed && this.#turns.gets - before >= maxGetsPerRound };
  }

  /** A message is followed by the next; a gap asks for the names that were passed over. Answers whether messages came up to the end. */
  async #follow(first: Taken, before: number, signal: AbortSignal | undefined): Promise<boolean> {
    let { heard, asksPending } = first;
    while (heard && this.#turns.gets - before < maxGetsPerRound) {
      const plan = await this.#turns.plan(true, signal);
      if (!plan?.expected) return false;
      const next = await this.#turns.take({ ...plan, poll: await this.#turns.currentPoll(signal) }, "expected", signal);
      heard = next.heard;
      asksPending ||= next.asksPending;
    }
    if (asksPending) await this.#askPending(before, signal);
    return heard;
  }

  async #askPending(before: number, signal: AbortSignal | undefined): Promise<void> {
    const pending = (await this.#turns.plan(true, signal))?.pending ?? [];
    for (const name of pending.slice(0, Math.max(0, maxGetsPerRound - (this.#turns.gets - before)))) {
      await this.#takeOther(name, signal);
    }
  }

  /** Asks for one name without moving the schedule. */
  async #takeOther(name: string, signal: AbortSignal | undefined): Promise<boolean> {
    const plan = await this.#turns.plan(true, signal);
    if (!plan) return false;
    const { heard } = await this.#turns.takeName({ ...plan, poll: await this.#turns.currentPoll(signal) }, name, signal);
    return heard;
  }

  /** Everything that could be due, now: descriptor, slot, expected name, all names ahead and all that were passed over. */
  async #fullCheck(signal: AbortSignal | undefined): Promise<boolean> {
    let heard = false;
    for (const turn of ["descriptor", "slot", "expected"] as const) {
      const plan = await this.#turns.plan(true, signal);
      if (!plan) return heard;
      if (turn !== "descriptor" && !plan.contact.pinned) continue;
      if (turn === "expected" && plan.expected === undefined) continue;
      const before = this.#turns.gets;
      const first = await this.#turns.take({ ...plan, poll: await this.#turns.currentPoll(signal) }, turn, signal);
      heard ||= first.heard;
      await this.#follow(first, before, signal);
    }
    const plan = await this.#turns.plan(true, signal);
    for (const name of [...(plan?.ahead ?? []), ...(plan?.pending ?? [])]) heard = (await this.#takeOther(name, signal)) || heard;
    while (heard && (await this.#round(true, signal)).heard);
    return heard;
  }

  /** Makes sure that the descriptor was fetched within `age` ms, if the contact's store answers at all. */
  async freshenDescriptor(age: number, signal: AbortSignal | undefined): Promise<void> {
    const plan = await this.#turns.plan(true, signal);
    if (!plan) return;
    const { fetchedAt } = plan.contact;
    const now = await this.#steps.step(({ tx }) => tx.now, signal);
    if (fetchedAt !== undefined && Math.abs(now - fetchedAt) < age) return;
    try {
      await this.#turns.takeDescriptor({ ...plan, poll: await this.#turns.currentPoll(signal) }, signal);
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
    }
  }
}
