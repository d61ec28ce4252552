export { createKindRegistry, type KindRegistry } from "./kind-registry.ts";
export { type Channel, kinds, type MessageKind, riderKinds } from "./kinds.ts";
export type { MessageOutcome, ReceivedMessage, SessionLayer } from "./layer.ts";
export type { Cancellable, SessionOptions } from "./options.ts";
export type { PollOptions, RoundReport } from "./round.ts";
export { type OutgoingMessage, type Queued, Session, type SessionStatus } from "./session.ts";
export { SessionError, type SessionErrorCode } from "./session-error.ts";
export type { Rider } from "./wire/body.ts";
export { type SessionEvent, type SessionEventKind, sessionEventCodec, sessionEventKinds } from "./wire/event.ts";
