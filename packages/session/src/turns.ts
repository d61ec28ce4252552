import type { Contact, PeerDescriptor } from "@cweb/discovery";
import { type Path, toPath } from "@cweb/storage-remote";
import { ContactBucket, isStorageFailure } from "./contact-bucket.ts";
import { expectedName, namesAhead } from "./core/decrypt.ts";
import { aheadInChain, aheadInNextChain, descriptorInterval, failuresBeforeAlarm, keptReported, maxObject } from "./core/limits.ts";
import { afterFailure, type PollState, type Turn } from "./core/schedule.ts";
import type { Draft } from "./draft.ts";
import type { SessionOptions } from "./options.ts";
import { type Plan, planOf, scheduled, slotSeen } from "./plan.ts";
import { takeDescriptor, takeInit } from "./step/establish.ts";
import { type OpenedMemo, receive, reportOneOffs } from "./step/receive.ts";
import { pump } from "./step/send.ts";
import { markAsked, oldestPaths, prepare, tend, unackedPaths } from "./step/tend.ts";
import type { StepRunner } from "./step-runner.ts";

/** Objects of the size of a descriptor, the largest that is read beside slots. */
const descriptorMaxBytes = 65_536;

export interface Taken {
  /** A message came. */
  readonly heard: boolean;
  readonly asksPending: boolean;
}

interface Repairs {
  readonly asked: readonly Path[];
  readonly checked: readonly Path[];
  /** Only the oldest is among `checked`. */
  readonly oldest: boolean;
}

type Box = Extract<ReturnType<SessionOptions["broadcast"]["open"]>, { kind: "box" }>;

/** Asks for one object of the contact's bucket at a time, and takes in the answer in one commit. */
export class Turns {
  readonly #steps: StepRunner;
  readonly #options: SessionOptions;
  readonly #bucket: ContactBucket;

  constructor(steps: StepRunner) {
    this.#steps = steps;
    this.#options = steps.options;
    this.#bucket = new ContactBucket(steps.options.openReader);
  }

  /** GETs so far. */
  get gets(): number {
    return this.#bucket.gets;
  }

  plan(expectedOnly: boolean, signal: AbortSignal | undefined): Promise<Plan | undefined> {
    return this.#steps.step((draft) => planOf(draft, expectedOnly), signal);
  }

  /** Asks for one object and takes in the answer: one commit. */
  async take(plan: Plan, turn: Turn, signal: AbortSignal | undefined): Promise<Taken> {
    try {
      switch (turn) {
        case "descriptor":
          return await this.takeDescriptor(plan, signal);
        case "slot":
          return await this.#takeSlot(plan, signal);
        case "expected":
          return await this.takeName(plan, plan.expected, signal);
        case "rotation":
          return await this.takeName(plan, plan.rotation, signal);
      }
    } catch (failure) {
      signal?.throwIfAborted();
      if (isStorageFailure(failure)) await this.#noteFailure(plan, turn, signal);
      throw failure;
    }
  }

  /** Asks for a name without taking in what stands there: the next `takeName` does, without another GET. */
  async isThere(plan: Plan, name: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const answer = await this.#bucket.read(plan.contact, toPath(name), maxObject, undefined, signal);
      this.#bucket.hold(toPath(name), answer);
      return answer.kind === "found";
    } catch (failure) {
      signal?.throwIfAborted();
      if (isStorageFailure(failure)) await this.#noteFailure(plan, "rotation", signal);
      throw failure;
    }
  }

  isHeld(name: string): boolean {
    return this.#bucket.holds(toPath(name));
  }

  async takeDescriptor(plan: Plan, signal: AbortSignal | undefined): Promise<Taken> {
    const { discovery } = this.#options;
    const { id } = this.#steps.contact;
    let { contact } = plan;
    // A signed move to another bucket is followed at once, a few times at most.
    for (let hop = 0; hop < 3; hop++) {
      const version = discovery.fetchVersion(contact);
      const path = discovery.descriptorPath(contact.idBytes);
      const answer = await this.#bucket.read(contact, path, descriptorMaxBytes, version, signal);
      const outcome = await this.#steps.step((draft) => {
        const outcome = discovery.recordFetch(draft.tx, id, answer);
        takeDescriptor(draft, outcome);
        draft.poll = {
          ...scheduled(draft.poll, plan, draft.tx.now),
          descriptorDue: outcome.askAgainAt ?? draft.tx.now + descriptorInterval,
        };
        this.#answered(draft);
        return { outcome, moved: outcome.moved && discovery.contactOf(draft.tx, id) };
      }, signal);
      if (!outcome.moved) return { heard: false, asksPending: false };
      contact = outcome.moved;
    }
    return { heard: false, asksPending: false };
  }

  async #takeSlot(plan: Plan, signal: AbortSignal | undefined): Promise<Taken> {
    const { broadcast, discovery } = this.#options;
    const { id } = this.#steps.contact;
    const peer = plan.contact.pinned;
    if (!peer) return { heard: false, asksPending: false };
    const path = broadcast.slotPath(peer);
    const answer = await this.#bucket.read(plan.contact, path, broadcast.slotMaxBytes, plan.slotVersion, signal);
    const { box, taken } = await this.#steps.step((draft) => {
      const before = draft.live?.initSeq;
      discovery.noteSlotTried(draft.tx, id, true);
      draft.poll = scheduled(draft.poll, plan, draft.tx.now);
      // What comes later in this step, so that the step need not open the slot a second time.
      prepare(draft);
      const found = answer.kind === "found" ? this.#readSlot(draft, peer, path, answer.bytes) : undefined;
      if (!found) draft.poll = { ...draft.poll, ...slotSeen(path, answer, draft.tx.now) };
      this.#answered(draft);
      pump(draft);
      tend(draft, { expectedWasAbsent: false, heard: false });
      // More of a new session may stand right behind its initial message.
      return { box: found, taken: this.#outcome(draft, draft.live !== null && draft.live.initSeq !== before) };
    }, signal);
    if (box) await this.#takeBox(plan.contact, peer, box, slotSeen(path, answer, 0), signal);
    await this.#repair(taken.repairs, signal);
    return taken;
  }

  #readSlot(draft: Draft, peer: PeerDescriptor, path: Path, bytes: Uint8Array): Box | undefined {
    const opened = this.#options.broadcast.open(draft.tx, peer, bytes);
    if (opened.kind === "init") takeInit(draft, opened);
    if (opened.kind === "oneoff") reportOneOffs(draft, peer, opened, "slot");
    if (opened.kind === "malformed") reportUndecryptable(draft, path);
    return opened.kind === "box" ? opened : undefined;
  }

  /** Until the box was read, the slot that points to it is asked for whole. */
  async #takeBox(
    contact: Contact,
    peer: PeerDescriptor,
    box: Box,
    seen: Partial<PollState>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const answer = await this.#bucket.read(contact, box.path, maxObject, undefined, signal);
    if (answer.kind !== "found") return;
    await this.#steps.step((draft) => {
      const list = this.#options.broadcast.openBox(draft.tx, peer, box, answer.bytes);
      if (list) reportOneOffs(draft, peer, list, "slot");
      else reportUndecryptable(draft, box.path);
      if (list) draft.poll = { ...draft.poll, ...seen, slotReadAt: draft.tx.now };
    }, signal);
  }

  async takeName(plan: Plan, name: string | undefined, signal: AbortSignal | undefined): Promise<Taken> {
    if (name === undefined) {
      await this.#steps.step((draft) => {
        draft.poll = scheduled(draft.poll, plan, draft.tx.now);
      }, signal);
      return { heard: false, asksPending: false };
    }
    const answer = await this.#bucket.read(plan.contact, toPath(name), maxObject, undefined, signal);
    const memo: OpenedMemo = new Map();
    const taken = await this.#steps.step((draft) => {
      draft.poll = scheduled(draft.poll, plan, draft.tx.now);
      const heard = answer.kind === "found" && receive(draft, name, answer.bytes, memo);
      // Another process may have taken it in already.
      const isOpen = !heard && isAwaited(draft, name);
      if (isOpen && answer.kind === "found") reportUndecryptable(draft, name);
      if (isOpen) markAsked(draft, name);
      this.#answered(draft);
      pump(draft);
      tend(draft, { expectedWasAbsent: isOpen && name === plan.expected, heard });
      return this.#outcome(draft, heard);
    }, signal);
    await this.#repair(taken.repairs, signal);
    return taken;
  }

  #outcome(draft: Draft, heard: boolean): Taken & { readonly repairs: Repairs } {
    const { checks } = draft;
    const checked = checks === "none" ? [] : checks === "all" ? unackedPaths(draft, 10_000) : oldestPaths(draft);
    return {
      heard,
      asksPending: draft.asksPending,
      repairs: { asked: draft.repairs, oldest: checks === "oldest", checked },
    };
  }

  async #repair({ asked, oldest, checked }: Repairs, signal: AbortSignal | undefined): Promise<void> {
    const { mailbox } = this.#options;
    const cancel = signal ? { signal } : {};
    try {
      if (asked.length > 0) await mailbox.repair(asked, cancel);
      const repaired = checked.length > 0 ? await mailbox.repair(checked, cancel) : [];
      // The oldest one was lost by the own store: so may others be.
      if (oldest && repaired.length > 0)
        await mailbox.repair(await this.#steps.step((draft) => unackedPaths(draft, 10_000), signal), cancel);
    } catch (failure) {
      signal?.throwIfAborted();
      if (!isStorageFailure(failure)) throw failure;
    }
  }

  /** The contact's store has answered. */
  #answered(draft: Draft): void {
    if (draft.poll.failures > 0) draft.poll = { ...draft.poll, failures: 0, failingSince: 0 };
  }

  async #noteFailure(plan: Plan, turn: Turn, signal: AbortSignal | undefined): Promise<void> {
    await this.#steps.step((draft) => {
      const { now } = draft.tx;
      draft.poll = afterFailure(draft.poll, scheduled(draft.poll, plan, now), now);
      if (turn === "slot") this.#options.discovery.noteSlotTried(draft.tx, this.#steps.contact.id, false);
      if (draft.poll.failures === failuresBeforeAlarm) draft.report("alarm", { detail: "unreachable" });
    }, signal);
  }
}

/** Whether a message may still come under this name. */
function isAwaited({ live, tools }: Draft, name: string): boolean {
  if (!live) return false;
  const { ratchet } = live;
  if (name === expectedName(tools.crypto, ratchet) || ratchet.skipped.has(name)) return true;
  return namesAhead(tools.crypto, ratchet, aheadInChain, aheadInNextChain).includes(name);
}

function reportUndecryptable(draft: Draft, path: string): void {
  const { reported } = draft.poll;
  if (reported.includes(path)) return;
  draft.poll = { ...draft.poll, reported: [...reported, path].slice(-keptReported) };
  draft.report("undecryptable", { detail: path });
  draft.report("alarm", { detail: "object-invalid" });
}
