import { type CwebId, decodeId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { Announcer } from "./announcer.ts";
import { limits } from "./core/limits.ts";
import type { ObjectId } from "./core/object-id.ts";
import { addSubscribers, type OwnedObject, removeSubscribers } from "./core/owned-object.ts";
import type { OwnObjects } from "./own-objects.ts";
import { SharedObjectError } from "./shared-object-error.ts";
import { ownedRecord, recordNames } from "./wire/own-records.ts";

export interface Assignment {
  /** Of all objects of this topic … */
  readonly topic: string;
  /** … the contacts read this one from now on; without it, none. */
  readonly to?: ObjectId;
}

const pageSize = 1_000;

/** Adds subscribers; answers those who are new. Throws `SharedObjectError` `unknown-contact`, `too-many-subscribers`. */
export function subscribe(
  before: OwnedObject,
  contacts: readonly CwebId[],
): { readonly after: OwnedObject; readonly fresh: readonly CwebId[] } {
  requireIds(contacts);
  const after = addSubscribers(before, contacts);
  if (after.subscribers.length > limits.subscribers) {
    throw new SharedObjectError("too-many-subscribers", `An object has at most ${limits.subscribers} subscribers.`);
  }
  return { after, fresh: after.subscribers.slice(before.subscribers.length) };
}

export function requireIds(contacts: readonly CwebId[]): void {
  if (!contacts.every((contact) => decodeId(contact) !== undefined)) {
    throw new SharedObjectError("unknown-contact", "This is not a Cweb Id.");
  }
}

/** What a step over several objects changed, and who is to be told of it. */
export interface Assigned {
  readonly touched: readonly OwnedObject[];
  readonly told: readonly CwebId[];
}

/** One step over all objects of a topic. */
export function assign(
  tx: Transaction,
  { objects, announcer }: { readonly objects: OwnObjects; readonly announcer: Announcer },
  contacts: readonly CwebId[],
  { topic, to }: Assignment,
): Assigned {
  const touched: OwnedObject[] = [];
  const told: CwebId[] = [];
  const tell = (id: ObjectId, whom: readonly CwebId[]): void => {
    told.push(...whom);
    announcer.note(tx, id, whom);
  };
  for (const id of liveOf(tx, topic).filter((one) => one !== to)) {
    const { state, content } = objects.require(tx, id);
    const step = removeSubscribers(objects.context(tx), state, content, contacts);
    if (step.state === state) continue;
    touched.push(state, objects.apply(tx, step));
    tell(id, state.subscribers);
  }
  if (to === undefined) return { touched, told };
  const { after, fresh } = subscribe(objects.require(tx, to).state, contacts);
  if (after.topic !== topic) throw new SharedObjectError("unknown-object", "This home owns no such object of this topic.");
  if (fresh.length > 0) objects.put(tx, after);
  tell(to, fresh);
  return { touched, told };
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
