export { type ProviderProfile, parseProfile } from "./core/profile.ts";
export type { Grant, KeyGrant, Place, Right } from "./core/rights.ts";
export { type AccessKey, type CreateMailboxOptions, createMailbox, type MailboxKeys } from "./mailbox.ts";
export type { LogEntry } from "./respond.ts";
export { S3ServerError, type S3ServerErrorCode } from "./s3-server-error.ts";
export { type S3Server, type S3ServerOptions, startS3Server } from "./server.ts";
export type { ServerClock } from "./system-clock.ts";
