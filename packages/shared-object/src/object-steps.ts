import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { Announcer } from "./announcer.ts";
import { concerned } from "./assignment.ts";
import type { ObjectId } from "./core/object-id.ts";
import { type Content, type OwnedObject, type OwnerStep, removeSubscribers } from "./core/owned-object.ts";
import { cancel, type SharedObjectsOptions } from "./options.ts";
import { OwnObjects } from "./own-objects.ts";
import type { StoredValue } from "./stored-value.ts";
import { recordNames } from "./wire/own-records.ts";

/** Runs steps of the owner, each with what its subscribers are told of it. */
export class ObjectSteps {
  readonly options: SharedObjectsOptions;
  readonly objects: OwnObjects;
  readonly announcer: Announcer;

  constructor(options: SharedObjectsOptions) {
    this.options = options;
    this.objects = new OwnObjects(options);
    this.announcer = new Announcer(options, this.objects);
  }

  /** One step of an own object, with its new value if it has one. Whoever is to be told of it is noted in the same commit. */
  async step(
    id: ObjectId,
    run: (tx: Transaction, before: OwnedObject, content: Content) => OwnerStep,
    signal: AbortSignal | undefined,
    stored?: StoredValue,
  ): Promise<OwnedObject> {
    const { after, told } = await this.options.mailbox.transact(
      { read: this.objects.reads(id) },
      (tx) => {
        const { state: before, content } = this.objects.require(tx, id);
        const step = run(tx, before, content);
        const after = step.state === before ? before : this.objects.apply(tx, step, stored);
        const told = concerned(before, after);
        this.announcer.note(tx, id, told);
        return { after, told };
      },
      cancel(signal),
    );
    await this.announcer.tell(told, signal);
    return after;
  }

  /** Contacts that were removed are taken out of every object, and nothing is to be told to them. */
  async dropRemoved(contacts: readonly CwebId[], signal: AbortSignal | undefined): Promise<void> {
    if (contacts.length === 0) return;
    const names = await this.options.mailbox.load(contacts.map(recordNames.removed), cancel(signal));
    const removed = contacts.filter((contact) => names.has(recordNames.removed(contact)));
    if (removed.length === 0) return;
    for (const { objectId, subscribers, isDeleted } of await this.objects.all(signal)) {
      if (isDeleted || !subscribers.some((contact) => removed.includes(contact))) continue;
      await this.step(objectId, (tx, before, content) => this.#drop(tx, before, content, removed), signal);
    }
    for (const contact of removed) await this.announcer.forget(contact, recordNames.removed(contact), signal);
  }

  #drop(tx: Transaction, before: OwnedObject, content: Content, removed: readonly CwebId[]): OwnerStep {
    const step = removeSubscribers(this.objects.context(tx), before, content, removed);
    const ended = step.state.ended.filter(({ contact }) => !removed.includes(contact));
    return step.state === before ? step : { ...step, state: { ...step.state, ended } };
  }
}
