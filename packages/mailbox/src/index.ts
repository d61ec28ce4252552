export type { VersionReader } from "./keeper.ts";
export { type FlushReport, type InboxEntry, Mailbox, type MailboxOptions, type ProcessName } from "./mailbox.ts";
export { MailboxError, type MailboxErrorCode } from "./mailbox-error.ts";
export type { InboxEvent, PublishOptions, ScanOptions, Transaction, TransactionRequest } from "./transaction.ts";
