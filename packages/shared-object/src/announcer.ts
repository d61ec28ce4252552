import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { OutgoingMessage } from "@cweb/session";
import type { ObjectId } from "./core/object-id.ts";
import { keyFor } from "./core/owned-object.ts";
import { objectKinds } from "./object-layer.ts";
import { cancel, type Rider, type SharedObjectsOptions } from "./options.ts";
import type { OwnObjects } from "./own-objects.ts";
import { tryDecode } from "./wire/decode.ts";
import { endMessage } from "./wire/end-message.ts";
import { headRider } from "./wire/head-rider.ts";
import { keyMessage } from "./wire/key-message.ts";
import { lastPart, recordNames } from "./wire/own-records.ts";

/** Of one step: each message is encrypted, and each contact's records are read. */
const atOnce = 16;
const pageSize = 1_000;

/**
 * Tells contacts what they are to know of own objects. Who is to be told is noted in the commit that makes it necessary; the messages follow, a
 * few in one commit each, so that neither a crash nor one contact that has not been online for months holds up the others.
 */
export class Announcer {
  readonly #options: SharedObjectsOptions;
  readonly #objects: OwnObjects;

  constructor(options: SharedObjectsOptions, objects: OwnObjects) {
    this.#options = options;
    this.#objects = objects;
  }

  /** These contacts are to be told of this object. */
  note(tx: Transaction, id: ObjectId, contacts: readonly CwebId[]): void {
    for (const contact of contacts) tx.put(recordNames.due(contact, id), new Uint8Array());
  }

  async tell(contacts: readonly CwebId[], signal: AbortSignal | undefined): Promise<void> {
    for (const contact of new Set(contacts)) await this.#tellContact(contact, signal);
  }

  /** Everybody who is still to be told of something. */
  async tellAll(signal: AbortSignal | undefined): Promise<void> {
    const prefix = recordNames.duePrefix;
    const due = await this.#options.mailbox.scan(prefix, { limit: pageSize, ...cancel(signal) });
    await this.tell(
      due.map(({ name }) => name.slice(prefix.length, name.lastIndexOf("/")) as CwebId),
      signal,
    );
  }

  /** Something small that goes with the next message that is sent to them anyway. */
  async ride(contacts: readonly CwebId[], rider: Rider, signal: AbortSignal | undefined): Promise<void> {
    const { mailbox, reads, addRider } = this.#options;
    const objectIn = ({ kind, bytes }: Rider): ObjectId | undefined =>
      kind === rider.kind ? tryDecode(headRider, bytes)?.objectId : undefined;
    const about = objectIn(rider);
    for (let start = 0; start < contacts.length; start += atOnce) {
      const some = contacts.slice(start, start + atOnce);
      await mailbox.transact(
        { read: some.flatMap((contact) => reads?.(contact) ?? []) },
        (tx) => {
          for (const contact of some) addRider(tx, contact, rider, (other) => objectIn(other) === about);
        },
        cancel(signal),
      );
    }
  }

  /** Nothing is to be told to this contact any more; `record` goes in the same commit. */
  async forget(contact: CwebId, record: string, signal: AbortSignal | undefined): Promise<void> {
    const prefix = recordNames.due(contact, "" as ObjectId);
    await this.#options.mailbox.transact(
      { read: [record] },
      (tx) => {
        for (const { name } of tx.scan(prefix, { limit: pageSize })) tx.remove(name);
        tx.remove(record);
      },
      cancel(signal),
    );
  }

  async #tellContact(contact: CwebId, signal: AbortSignal | undefined): Promise<void> {
    const { mailbox, enqueue, reads } = this.#options;
    const prefix = recordNames.due(contact, "" as ObjectId);
    for (;;) {
      const due = await mailbox.scan(prefix, { limit: atOnce, ...cancel(signal) });
      if (due.length === 0) return;
      const ids = due.map(({ name }) => lastPart(name) as ObjectId);
      const read = [...ids.flatMap((id) => [recordNames.due(contact, id), ...this.#objects.reads(id)]), ...(reads?.(contact) ?? [])];
      try {
        await mailbox.transact(
          { read },
          (tx) => {
            for (const id of ids) {
              const name = recordNames.due(contact, id);
              if (tx.get(name) === undefined) continue;
              const message = this.#messageFor(tx, contact, id);
              if (message) enqueue(tx, contact, message);
              tx.remove(name);
            }
          },
          cancel(signal),
        );
      } catch (error) {
        if (isPeerAway(error)) return;
        throw error;
      }
    }
  }

  /** What this contact is to know of this object now. */
  #messageFor(tx: Transaction, contact: CwebId, id: ObjectId): OutgoingMessage | undefined {
    const state = this.#objects.get(tx, id)?.state;
    if (state?.subscribers.includes(contact)) {
      return { kind: objectKinds.key.number, payload: keyMessage.encode(keyFor(this.#options.crypto, state)) };
    }
    const end = state?.ended.find((one) => one.contact === contact);
    return end && { kind: objectKinds.end.number, payload: endMessage.encode({ objectId: id, epoch: end.epoch, proof: null }) };
  }
}

/** Too many messages wait for this contact already: it is told when it was online. */
const isPeerAway = (error: unknown): boolean =>
  error instanceof Error && error.name === "SessionError" && (error as { readonly retryable?: unknown }).retryable === true;
