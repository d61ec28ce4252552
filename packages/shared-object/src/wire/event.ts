import type { CwebId } from "@cweb/discovery";
import { type Codec, codec, mapped, SerializationError, struct, type TypeOf, text, u64 } from "@cweb/serialization";
import { type ObjectId, objectIdType } from "../core/object-id.ts";
import { type ObjectState, objectStates } from "../core/subscription.ts";

/** Append-only: what this package puts into the inbox. */
export const objectEventKinds = ["object", "object-alarm"] as const;

const stateType = mapped(
  text(16),
  (name): ObjectState => {
    const state = objectStates.find((known) => known === name);
    if (state === undefined) throw new SerializationError("schema", "unknown state");
    return state;
  },
  (state) => state,
);

const eventType = struct({
  /** The owner. */
  contact: mapped(
    text(64),
    (id) => id as CwebId,
    (id) => id as string,
  ),
  objectId: objectIdType,
  /** Empty while no record was read. */
  topic: text(64),
  version: u64,
  state: stateType,
  /** The alarm's code; empty for the event `object`. */
  detail: text(64),
});

/** The body of an inbox event of this package. The value is not in it: ask `get`. */
export type ObjectEvent = TypeOf<typeof eventType> & { readonly contact: CwebId; readonly objectId: ObjectId };
export const objectEventCodec: Codec<ObjectEvent> = codec(eventType, { maxBytes: 512 });
