export type { ConditionalWrites, ProofOptions } from "./conditional-writes.ts";
export { proveConditionalWrites } from "./conditional-writes.ts";
export type { Fault, FaultOptions, FaultRates, Faults } from "./faults.ts";
export { createFaults, withFaults } from "./faults.ts";
export type { Fetch, FetchRequest, FetchResponse } from "./fetch.ts";
export type { RemotePort, Wrapped } from "./interpose.ts";
export type { Limit } from "./limit.ts";
export { createLimit, withLimit } from "./limit.ts";
export type { Meter, RequestCount, RequestCounts, RequestEvent, RequestOp } from "./meter.ts";
export { createMeter, withMeter } from "./meter.ts";
export type { OpenOptions, OpenReaderOptions, OpenWriterOptions } from "./open.ts";
export { openLister, openReader, openWriter } from "./open.ts";
export { toPath } from "./path.ts";
export type {
  Path,
  ReadOptions,
  ReadResult,
  RemoteLister,
  RemoteReader,
  RemoteWriter,
  Version,
  WriteOptions,
  WriteResult,
} from "./port.ts";
export type {
  FolderProfile,
  HttpProfile,
  ReadProfile,
  S3Credentials,
  S3Location,
  S3Profile,
  S3ReadProfile,
  StorageProfile,
} from "./profile.ts";
export { describeProfile, readSide } from "./profile.ts";
export { decodeReadProfile, encodeReadProfile } from "./profile-bytes.ts";
export { formatStorageProfile, parseStorageProfile } from "./profile-text.ts";
export type { RetryOptions } from "./retry.ts";
export { withRetry } from "./retry.ts";
export type { StorageRemoteErrorCode } from "./storage-remote-error.ts";
export { StorageRemoteError } from "./storage-remote-error.ts";
export type { TimeoutOptions } from "./timeout.ts";
export { withTimeout } from "./timeout.ts";
