export { decodeObjectId, encodeObjectId, type ObjectId } from "./core/object-id.ts";
export { type ObjectAlarm, type ObjectAlarmCode, type ObjectState, objectAlarmCodes, objectStates } from "./core/subscription.ts";
export { objectKinds } from "./object-layer.ts";
export type { Cancellable, Rider, SharedObjectsOptions, ValueFiles } from "./options.ts";
export type { CreateOptions, Owned } from "./owner.ts";
export { SharedObjectError, type SharedObjectErrorCode } from "./shared-object-error.ts";
export { type PollObjectsOptions, SharedObjects } from "./shared-objects.ts";
export type { PollReport, Subscribed } from "./subscriber.ts";
export { type ObjectEvent, objectEventCodec, objectEventKinds } from "./wire/event.ts";
