import type { CwebId } from "@cweb/discovery";
import { FileSharingError } from "@cweb/file-sharing";
import { profileTopic } from "@cweb/identity-profile";
import { objectEventCodec } from "@cweb/shared-object";
import type { BookEntry, Cancellable, ContactBook } from "./contact-book.ts";
import { nameIn } from "./core/object-name.ts";
import { alarmSentence } from "./core/sentences.ts";
import { isStorageFailure } from "./dispatch.ts";
import type { Layers } from "./layers.ts";
import type { AlarmEvent, EventContent, ObjectEvent, ProfileEvent } from "./peer-event.ts";

export interface ObjectEventsParts {
  readonly book: ContactBook;
  readonly layers: Pick<Layers, "objects" | "profiles" | "storeOf">;
}

type Coded = ReturnType<typeof objectEventCodec.decode>;

/** Turns what shared objects tell the inbox into events: of objects of applications, and of profiles. Those of other layers are for these. */
export class ObjectEvents {
  readonly #parts: ObjectEventsParts;

  constructor(parts: ObjectEventsParts) {
    this.#parts = parts;
  }

  async read(kind: string, body: Uint8Array, cancel: Cancellable): Promise<EventContent | undefined> {
    const event = objectEventCodec.decode(body);
    const entry = await this.#parts.book.entry(event.contact, cancel);
    // A contact that was removed meanwhile has no objects any more.
    if (!entry) return undefined;
    if (kind === "object-alarm") return this.#alarm(event, entry, cancel);
    return event.topic === profileTopic ? this.#profile(entry, cancel) : this.#object(event, entry, cancel);
  }

  async #object(
    { topic, objectId, version, state }: Coded,
    entry: BookEntry,
    cancel: Cancellable,
  ): Promise<EventContent<ObjectEvent> | undefined> {
    const name = nameIn(topic);
    if (name === undefined) return undefined;
    // A later version may have come meanwhile: it is the one that counts, and is told again by its own event.
    const newest = await this.#value(entry.id, objectId, cancel);
    return {
      type: "object",
      owner: entry.name,
      name,
      version: newest?.version ?? version,
      value: newest?.value,
      state: newest?.state ?? state,
    };
  }

  async #value(contact: CwebId, id: Coded["objectId"], cancel: Cancellable): ReturnType<Layers["objects"]["get"]> {
    try {
      return await this.#parts.layers.objects.get(contact, id, cancel);
    } catch (failure) {
      // A large value whose file is not there, or not now, holds up no other event.
      cancel.signal?.throwIfAborted();
      if (!isStorageFailure(failure) && !(failure instanceof FileSharingError)) throw failure;
      return undefined;
    }
  }

  async #profile(entry: BookEntry, cancel: Cancellable): Promise<EventContent<ProfileEvent> | undefined> {
    try {
      const found = await this.#parts.layers.profiles.of(entry.id, cancel);
      return found && { type: "profile", contact: entry.name, ...found };
    } catch (failure) {
      cancel.signal?.throwIfAborted();
      if (!isStorageFailure(failure) && !(failure instanceof FileSharingError)) throw failure;
      return undefined;
    }
  }

  async #alarm({ contact, topic, detail }: Coded, entry: BookEntry, cancel: Cancellable): Promise<EventContent<AlarmEvent>> {
    const object = nameIn(topic);
    const store = await this.#parts.layers.storeOf(contact, cancel);
    const message = alarmSentence(detail);
    return { type: "alarm", contact: entry.name, code: detail, store, ...(object === undefined ? {} : { object }), message };
  }
}
