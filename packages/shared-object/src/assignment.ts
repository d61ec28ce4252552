import { type CwebId, decodeId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { Announcer } from "./announcer.ts";
import { limits } from "./core/limits.ts";
import type { ObjectId } from "./core/object-id.ts";
import { addSubscribers, type OwnedObject, type OwnerContext, type OwnerStep, removeSubscribers } from "./core/owned-object.ts";
import type { OwnedWithContent, OwnObjects } from "./own-objects.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import { ownedRecord, recordNames } from "./wire/own-records.ts";

export interface Assignment {
  /** Of all objects of this topic … */
  readonly topic: string;
  /** … the contacts read this one from now on; without it, none. */
  readonly to?: ObjectId;
}

const pageSize = 1_000;

/** Adds subscribers. Throws `SharedObjectError` `too-many-subscribers`. */
export function subscribe(context: OwnerContext, { state, content }: OwnedWithContent, contacts: readonly CwebId[]): OwnerStep {
  const step = addSubscribers(context, state, content, contacts);
  if (step.state.subscribers.length <= limits.subscribers) return step;
  throw new SharedObjectError("too-many-subscribers", `An object has at most ${limits.subscribers} subscribers.`);
}

/** Who is to be told of a change: all of a new epoch, and otherwise who is new. */
export function concerned(before: OwnedObject, after: OwnedObject): readonly CwebId[] {
  if (after.epoch !== before.epoch) return [...new Set([...after.subscribers, ...before.subscribers])];
  return after.subscribers.filter((contact) => !before.subscribers.includes(contact));
}

export function requireIds(contacts: readonly CwebId[]): void {
  if (!contacts.every((contact) => decodeId(contact) !== undefined)) {
    throw new SharedObjectError("unknown-contact", "This is not a Cweb Id.");
  }
}

/** One step over all objects of a topic; answers who is to be told. */
export function assign(
  tx: Transaction,
  { objects, announcer }: { readonly objects: OwnObjects; readonly announcer: Announcer },
  contacts: readonly CwebId[],
  { topic, to }: Assignment,
): readonly CwebId[] {
  const told: CwebId[] = [];
  const change = (id: ObjectId, run: (found: OwnedWithContent) => OwnerStep): void => {
    const found = objects.require(tx, id);
    const step = run(found);
    if (step.state === found.state) return;
    const whom = concerned(found.state, objects.apply(tx, step));
    announcer.note(tx, id, whom);
    told.push(...whom);
  };
  const context = objects.context(tx);
  for (const id of liveOf(tx, topic).filter((one) => one !== to)) {
    change(id, ({ state, content }) => removeSubscribers(context, state, content, contacts));
  }
  if (to !== undefined) change(to, (found) => subscribe(context, requireTopic(found, topic), contacts));
  return told;
}

function requireTopic(found: OwnedWithContent, topic: string): OwnedWithContent {
  if (found.state.topic === topic) return found;
  throw new SharedObjectError("unknown-object", "This home owns no such object of this topic.");
}

function liveOf(tx: Transaction, topic: string): readonly ObjectId[] {
  const found: ObjectId[] = [];
  for (let after = ""; ; ) {
    const page = tx.scan(recordNames.ownedPrefix, { after, limit: pageSize });
    for (const { name, bytes } of page) {
      const state = ownedRecord.decode(name, bytes);
      if (state.topic === topic && !state.isDeleted) found.push(state.objectId);
    }
    const last = page.at(-1);
    if (!last || page.length < pageSize) return found;
    after = last.name;
  }
}
