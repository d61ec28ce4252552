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
export type { StorageRemoteErrorCode } from "./storage-remote-error.ts";
export { StorageRemoteError } from "./storage-remote-error.ts";
