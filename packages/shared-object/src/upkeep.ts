import type { CwebId } from "@cweb/discovery";
import type { FlushReport } from "@cweb/mailbox";
import { riderKinds } from "@cweb/session";
import type { ObjectId } from "./core/object-id.ts";
import type { Head, OwnedObject } from "./core/owned-object.ts";
import { type Clocks, dueStep, nextDue, noteStored, tendObject } from "./core/tended-object.ts";
import type { ObjectSteps } from "./object-steps.ts";
import { OldFiles } from "./old-files.ts";
import { type Cancellable, cancel } from "./options.ts";
import { parseTag } from "./own-objects.ts";
import { headRider } from "./wire/head-rider.ts";
import { recordNames } from "./wire/own-records.ts";

const pageSize = 100;
/** All own objects are looked at so often: another process may have changed them, and died. */
const lookEvery = 3_600_000;

/** The shell of the owner's side: what is due by itself. */
export class Upkeep {
  readonly #steps: ObjectSteps;
  readonly #files: OldFiles;
  #looked: { readonly at: number; readonly until: number; readonly incarnation: number } | undefined;

  constructor(steps: ObjectSteps) {
    this.#steps = steps;
    this.#files = new OldFiles(steps);
  }

  async maintain({ signal }: Cancellable): Promise<void> {
    const { options, announcer } = this.#steps;
    await this.#noteRenewed(signal);
    const removed = await options.mailbox.scan(recordNames.removedPrefix, { limit: pageSize, ...cancel(signal) });
    await this.#steps.dropRemoved(
      removed.map(({ name }) => name.slice(recordNames.removedPrefix.length) as CwebId),
      signal,
    );
    const clocks = await options.mailbox.transact(
      {},
      ({ now, confirmedNow, incarnation }) => ({ now, confirmedNow, incarnation }),
      cancel(signal),
    );
    if (this.#mayBeDue(clocks)) await this.#tendAll(clocks, signal);
    await announcer.tellAll(signal);
  }

  async noteFlush({ stored }: FlushReport, { signal }: Cancellable): Promise<void> {
    for (const { path, tag = "" } of stored) {
      const parsed = parseTag(tag);
      if (parsed) await this.#noteStored(parsed.id, path, parsed.head, signal);
    }
  }

  /** Subscribers are told only of what is stored, and only of the newest. */
  async #noteStored(id: ObjectId, path: string, head: Head | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { objects, announcer, options } = this.#steps;
    const told = await options.mailbox.transact(
      { read: objects.reads(id) },
      (tx) => {
        const before = objects.get(tx, id)?.state;
        if (!before) return [];
        const { state, consumed } = noteStored(before, path, head, tx.now);
        if (state === before) return [];
        objects.put(tx, state);
        tx.consume(...consumed);
        return state.stored.version === state.newest.version && state.stored !== before.stored ? state.subscribers : [];
      },
      cancel(signal),
    );
    if (head) await announcer.ride(told, { kind: riderKinds.objectHead, bytes: headRider.encode({ objectId: id, ...head }) }, signal);
  }

  /** Contacts whose session was renewed: each object that concerns them is told again. */
  async #noteRenewed(signal: AbortSignal | undefined): Promise<void> {
    const { objects, announcer, options } = this.#steps;
    const renewed = await options.mailbox.scan(recordNames.renewedPrefix, { limit: pageSize, ...cancel(signal) });
    const all = renewed.length > 0 ? await objects.all(signal) : [];
    for (const { name } of renewed) {
      const contact = name.slice(recordNames.renewedPrefix.length) as CwebId;
      const concerned = all.filter(
        ({ subscribers, ended }) => subscribers.includes(contact) || ended.some((one) => one.contact === contact),
      );
      await options.mailbox.transact(
        { read: [name] },
        (tx) => {
          if (tx.get(name) === undefined) return;
          for (const { objectId } of concerned) announcer.note(tx, objectId, [contact]);
          tx.remove(name);
        },
        cancel(signal),
      );
    }
  }

  #mayBeDue({ now, incarnation }: Clocks): boolean {
    const looked = this.#looked;
    return !looked || looked.incarnation !== incarnation || now < looked.at || now >= looked.until;
  }

  async #tendAll(clocks: Clocks, signal: AbortSignal | undefined): Promise<void> {
    const { objects } = this.#steps;
    let until = clocks.now + lookEvery;
    const all = await objects.all(signal);
    for (const state of all) {
      objects.guard(state);
      const after = dueStep(state, clocks) === undefined ? state : await this.#tend(state.objectId, signal);
      if (!after) continue;
      await this.#files.remove(after, clocks, signal);
      if (after.isDeleted && after.retired.length === 0 && after.oldFiles.length === 0) await this.#forget(after.objectId, signal);
      until = Math.min(until, nextDue(after, clocks));
    }
    await this.#files.sweep(all, clocks, signal);
    this.#looked = { at: clocks.now, until, incarnation: clocks.incarnation };
  }

  async #tend(id: ObjectId, signal: AbortSignal | undefined): Promise<OwnedObject | undefined> {
    const { objects, announcer, options } = this.#steps;
    return options.mailbox.transact(
      { read: objects.reads(id) },
      (tx) => {
        const found = objects.get(tx, id);
        if (!found) return undefined;
        const after = objects.apply(tx, tendObject(objects.context(tx), found.state, found.content));
        if (after.epoch !== found.state.epoch) announcer.note(tx, id, after.subscribers);
        return after;
      },
      cancel(signal),
    );
  }

  async #forget(id: ObjectId, signal: AbortSignal | undefined): Promise<void> {
    const { objects, options } = this.#steps;
    await options.mailbox.transact(
      { read: objects.reads(id) },
      (tx) => {
        const state = objects.get(tx, id)?.state;
        if (state?.isDeleted) objects.forget(tx, state);
      },
      cancel(signal),
    );
  }
}
