import type { CwebId } from "@cweb/discovery";
import type { ReadResult } from "@cweb/storage-remote";
import type { GroupId } from "./core/ids.ts";
import { fetchesPerRound, followPerProbe } from "./core/limits.ts";
import type { Cancellable } from "./options.ts";
import type { RoomRunner } from "./room-runner.ts";
import {
  countProbe,
  type Fetch,
  planDescriptors,
  planFollowing,
  planMissing,
  planProbe,
  takeDescriptor,
  takeObject,
} from "./step/fetch.ts";
import { loadRooms, saveRooms } from "./step/room-steps.ts";
import { tend } from "./step/tend.ts";
import { tidy } from "./step/tidy.ts";

export interface RoomFailure {
  /** Whose store did not answer. */
  readonly member: CwebId;
  readonly cause: unknown;
}

export interface RoundTally {
  gets: number;
  probes: number;
  readonly failures: RoomFailure[];
}

/** More turns than a chain of handovers takes. */
const descriptorTurns = 4;

/** One round over all rooms (SPEC §7.2). */
export class RoomRound {
  readonly tally: RoundTally = { gets: 0, probes: 0, failures: [] };
  readonly #runner: RoomRunner;
  readonly #cancel: Cancellable;

  constructor(runner: RoomRunner, cancel: Cancellable) {
    this.#runner = runner;
    this.#cancel = cancel;
  }

  /** Descriptors that are due, or that were asked for longer than `maxAge` ago; what they say may make others due. */
  async readDescriptors(groupId: GroupId, maxAge?: number): Promise<void> {
    for (let turn = 0; turn < descriptorTurns; turn++) {
      const age = turn === 0 ? maxAge : undefined;
      const plan = await this.#runner.step(groupId, (draft) => planDescriptors(draft, age), this.#cancel);
      if (plan.length === 0) return;
      const answers = await this.#readAll(plan);
      if (answers.length === 0 || answers.length < plan.length) return;
      await this.#runner.step(
        groupId,
        (draft) => {
          for (const { fetch, answer } of answers) if (fetch.what.kind === "descriptor") takeDescriptor(draft, fetch.what, answer);
        },
        this.#cancel,
      );
    }
  }

  /** Messages that somebody has referred to, and what those refer to. */
  async readMissing(groupId: GroupId): Promise<void> {
    for (let fetched = 0; fetched < fetchesPerRound; ) {
      const plan = await this.#runner.step(groupId, planMissing, this.#cancel);
      const answers = await this.#readAll(plan);
      for (const { fetch, answer } of answers) await this.#take(groupId, fetch, answer);
      if (answers.length === 0 || answers.length < plan.length) return;
      fetched += plan.length;
    }
  }

  /** The one probe of this round: the rooms take turns, and in each room the senders. */
  async probe(): Promise<void> {
    const groupId = await this.#runner.transact((tx) => {
      const { rooms, probe } = loadRooms(tx);
      if (rooms.length > 0) saveRooms(tx, { rooms, probe: (probe + 1) % 0x4000_0000 });
      return rooms[probe % Math.max(1, rooms.length)];
    }, this.#cancel);
    if (groupId === undefined) return;
    let fetch = await this.#runner.step(
      groupId,
      (draft) => {
        const planned = planProbe(draft);
        if (planned) countProbe(draft);
        return planned;
      },
      this.#cancel,
    );
    if (fetch) this.tally.probes++;
    for (let followed = 0; fetch?.what.kind === "message" && followed <= followPerProbe; followed++) {
      const { what } = fetch;
      const [found] = await this.#readAll([fetch]);
      if (!found || !(await this.#take(groupId, found.fetch, found.answer))) return;
      fetch = await this.#runner.step(groupId, (draft) => planFollowing(draft, what), this.#cancel);
    }
  }

  /** What is due besides reading. */
  async tend(groupId: GroupId): Promise<void> {
    for (let more = true; more; ) more = await this.#runner.step(groupId, tend, this.#cancel);
    await this.#runner.step(groupId, tidy, this.#cancel);
  }

  #take(groupId: GroupId, { what }: Fetch, answer: ReadResult): Promise<boolean> {
    const bytes = answer.kind === "found" ? answer.bytes : undefined;
    return this.#runner.step(groupId, (draft) => what.kind === "message" && takeObject(draft, what, bytes), this.#cancel);
  }

  /** A store that does not answer keeps nothing from the others. */
  async #readAll(plan: readonly Fetch[]): Promise<readonly { readonly fetch: Fetch; readonly answer: ReadResult }[]> {
    const { signal } = this.#cancel;
    const answers = await Promise.all(
      plan.map(async (fetch) => {
        this.tally.gets++;
        try {
          return [{ fetch, answer: await this.#runner.read(fetch, this.#cancel) }];
        } catch (cause) {
          signal?.throwIfAborted();
          this.tally.failures.push({ member: fetch.owner, cause });
          return [];
        }
      }),
    );
    return answers.flat();
  }
}
