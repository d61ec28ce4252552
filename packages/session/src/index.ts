export { type Channel, createKindRegistry, type KindRegistry, kinds, type MessageKind, riderKinds } from "./kinds.ts";
export type { Cancellable, SessionOptions } from "./options.ts";
export type { PollOptions, RoundReport } from "./round.ts";
export { type OutgoingMessage, Session, type SessionStatus } from "./session.ts";
export { SessionError, type SessionErrorCode } from "./session-error.ts";
export { type SessionEvent, type SessionEventKind, sessionEventCodec, sessionEventKinds } from "./wire/event.ts";
