import { isStorageFailure } from "./contact-bucket.ts";
import { maxGetsPerRound, pauseAfter } from "./core/limits.ts";
import { isSecondDue } from "./core/schedule.ts";
import type { Cancellable } from "./options.ts";
import { type Plan, phaseOf } from "./plan.ts";
import type { StepRunner } from "./step-runner.ts";
import { type Taken, Turns } from "./turns.ts";

export interface PollOptions extends Cancellable {
  /** Ask for everything that could be due now: the slot, the descriptor, and every name under which a message may stand. */
  readonly full?: boolean;
  /** As after a pause, however short it was: for a device just woken, or a command that polls once. Two rounds, the first for the expected name. */
  readonly woken?: boolean;
}

export interface RoundReport {
  /** GETs on the contact's bucket. */
  readonly gets: number;
  /** Whether something came. */
  readonly heard: boolean;
  /** Why nothing could be asked, where the contact's storage failed. It is tried again in the next round. */
  readonly failure?: unknown;
}

/** One poll of one contact's bucket: which one object, what it means, and what follows from it (SPEC "One GET a round"). */
export class Round {
  readonly #steps: StepRunner;
  readonly #turns: Turns;
  #heard = false;

  constructor(steps: StepRunner) {
    this.#steps = steps;
    this.#turns = new Turns(steps);
  }

  /** `establish` begins a session where one is wanted: at the end. */
  async poll(establish: (round: Round) => Promise<void>, { signal, full = false, woken = false }: PollOptions): Promise<RoundReport> {
    try {
      await (full ? this.#fullCheck(signal) : this.#rounds(woken, signal));
      await establish(this);
      return { gets: this.#turns.gets, heard: this.#heard };
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
      return { gets: this.#turns.gets, heard: this.#heard, failure };
    }
  }

  /** One round; after a pause two, the first for the expected name; and another at once where 64 GETs did not empty the store. */
  async #rounds(woken: boolean, signal: AbortSignal | undefined): Promise<void> {
    const afterPause = woken || (await this.#steps.step(({ poll, tx }) => Math.abs(tx.now - poll.lastRoundAt) > pauseAfter, signal));
    const wasUnknown = !(await this.#hasDescriptor(signal));
    let isFull = await this.#round(afterPause, signal);
    // The first thing of a new contact is its descriptor; the round proper follows at once.
    const isNext = wasUnknown ? await this.#hasDescriptor(signal) : afterPause && (await this.#isSecondDue(signal));
    if (isNext) isFull = (await this.#round(wasUnknown, signal)) || isFull;
    while (isFull) isFull = await this.#round(true, signal);
  }

  #isSecondDue(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#steps.step(({ poll, state, tx }) => isSecondDue(poll, { phase: phaseOf(state), now: tx.now }), signal);
  }

  #hasDescriptor(signal: AbortSignal | undefined): Promise<boolean> {
    return this.#steps.step(({ tx }) => this.#steps.options.discovery.peer(tx, this.#steps.contact.id) !== undefined, signal);
  }

  /** Answers whether more may wait: the round ended because of its GETs. */
  async #round(expectedOnly: boolean, signal: AbortSignal | undefined): Promise<boolean> {
    const before = this.#turns.gets;
    const plan = await this.#turns.plan(expectedOnly, signal);
    if (!plan) return false;
    const isAhead = plan.turn === "rotation" && plan.rotation !== undefined && plan.ahead.includes(plan.rotation);
    if (isAhead && (await this.#turns.isThere(plan, plan.rotation as string, signal))) {
      return this.#takeAhead(plan, plan.rotation as string, before, signal);
    }
    const first = await this.#turns.take(plan, plan.turn, signal);
    return this.#isFull(await this.#follow(first, before, signal), before);
  }

  /** Something stands ahead of the expected name. That proves a gap only where nothing stands under that name: else the messages are in order. */
  async #takeAhead(plan: Plan, name: string, before: number, signal: AbortSignal | undefined): Promise<boolean> {
    const inOrder = await this.#follow(await this.#turns.take(plan, "expected", signal), before, signal);
    if (!this.#turns.isHeld(name)) return this.#isFull(inOrder, before);
    const ahead = await this.#turns.takeName({ ...plan, poll: undefined }, name, signal);
    return this.#isFull(await this.#follow(ahead, before, signal), before);
  }

  #isFull(isHeardToTheEnd: boolean, before: number): boolean {
    return isHeardToTheEnd && this.#turns.gets - before >= maxGetsPerRound;
  }

  /** A message is followed by the next; a gap asks for the names that were passed over. Answers whether messages came up to the end. */
  async #follow(first: Taken, before: number, signal: AbortSignal | undefined): Promise<boolean> {
    let { heard, asksPending } = first;
    this.#heard ||= heard;
    while (heard && this.#turns.gets - before < maxGetsPerRound) {
      const plan = await this.#turns.plan(true, signal);
      if (!plan?.expected) return false;
      const next = await this.#turns.take({ ...plan, poll: undefined }, "expected", signal);
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
    const { heard } = await this.#turns.takeName({ ...plan, poll: undefined }, name, signal);
    this.#heard ||= heard;
    return heard;
  }

  /** Everything that could be due, now: descriptor, slot, expected name, all names ahead and all that were passed over. */
  async #fullCheck(signal: AbortSignal | undefined): Promise<void> {
    for (const turn of ["descriptor", "slot", "expected"] as const) {
      const plan = await this.#turns.plan(true, signal);
      if (!plan) return;
      if (turn !== "descriptor" && !plan.contact.pinned) continue;
      if (turn === "expected" && plan.expected === undefined) continue;
      const before = this.#turns.gets;
      await this.#follow(await this.#turns.take({ ...plan, poll: undefined }, turn, signal), before, signal);
    }
    const plan = await this.#turns.plan(true, signal);
    let isFound = false;
    for (const name of [...(plan?.ahead ?? []), ...(plan?.pending ?? [])]) isFound = (await this.#takeOther(name, signal)) || isFound;
    // What was found ahead moves the expected name on.
    while (isFound) isFound = await this.#round(true, signal);
  }

  /** Makes sure that the descriptor was fetched within `age` ms, if the contact's store answers at all. */
  async freshenDescriptor(age: number, signal: AbortSignal | undefined): Promise<void> {
    const plan = await this.#turns.plan(true, signal);
    if (!plan) return;
    const { fetchedAt } = plan.contact;
    const now = await this.#steps.step(({ tx }) => tx.now, signal);
    if (fetchedAt !== undefined && Math.abs(now - fetchedAt) < age) return;
    try {
      await this.#turns.takeDescriptor({ ...plan, poll: undefined }, signal);
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
    }
  }
}
