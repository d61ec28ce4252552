import { profileTopic } from "@cweb/identity-profile";
import { objectEventCodec } from "@cweb/shared-object";
import type { BookEntry, Cancellable, ContactBook } from "./contact-book.ts";
import { nameIn } from "./core/object-name.ts";
import { alarmSentence } from "./core/sentences.ts";
import type { Layers } from "./layers.ts";
import type { AlarmEvent, EventContent, ObjectEvent, ProfileEvent } from "./peer-event.ts";

export interface ObjectEventsParts {
  readonly book: ContactBook;
  readonly layers: Pick<Layers, "atHand" | "storeOf">;
}

type Coded = ReturnType<typeof objectEventCodec.decode>;

/**
 * Turns what shared objects tell the inbox into events: of objects of applications, and of profiles; those of other layers are for these. Without the
 * network, so that nobody's large value holds up another's events.
 */
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
    return event.topic === profileTopic ? this.#profile(event, entry, cancel) : this.#object(event, entry, cancel);
  }

  async #object(
    { topic, objectId, version, state }: Coded,
    entry: BookEntry,
    cancel: Cancellable,
  ): Promise<EventContent<ObjectEvent> | undefined> {
    const name = nameIn(topic);
    if (name === undefined) return undefined;
    // A later version may have come meanwhile: it is the one that counts, and is told again by its own event.
    const newest = await this.#parts.layers.atHand.objects.get(entry.id, objectId, cancel);
    return {
      type: "object",
      owner: entry.name,
      name,
      version: newest?.version ?? version,
      value: newest?.value,
      state: newest?.state ?? state,
    };
  }

  /** A contact that shows another profile ends one and begins one: only of that which counts is told. */
  async #profile({ version }: Coded, entry: BookEntry, cancel: Cancellable): Promise<EventContent<ProfileEvent> | undefined> {
    const found = await this.#parts.layers.atHand.profiles.of(entry.id, cancel);
    return found?.version === version ? { type: "profile", contact: entry.name, ...found } : undefined;
  }

  async #alarm({ contact, topic, detail }: Coded, entry: BookEntry, cancel: Cancellable): Promise<EventContent<AlarmEvent>> {
    const object = nameIn(topic);
    const store = await this.#parts.layers.storeOf(contact, cancel);
    const message = alarmSentence(detail);
    return { type: "alarm", contact: entry.name, code: detail, store, ...(object === undefined ? {} : { object }), message };
  }
}
