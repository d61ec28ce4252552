export { blobSource } from "./blob-source.ts";
export { bytesSource } from "./bytes-source.ts";
export { type FileId, toFileId } from "./core/file-id.ts";
export type { PublishOptions } from "./core/publication.ts";
export { safeFileName } from "./core/safe-file-name.ts";
export { type Download, FileDownloader, type FileDownloaderOptions, type Route } from "./file-downloader.ts";
export { FilePublisher, type FilePublisherOptions } from "./file-publisher.ts";
export { FileSharingError, type FileSharingErrorCode } from "./file-sharing-error.ts";
export type { FileSource } from "./file-source.ts";
export type { FileTarget } from "./file-target.ts";
export { type MemoryTarget, memoryTarget } from "./memory-target.ts";
export { type OpenedFile, type OpenFileOptions, openFile, type StreamOptions } from "./opened-file.ts";
export type { OnProgress, Progress, TransferOptions } from "./progress.ts";
export type { PublishedFile } from "./published-file.ts";
export { type RemoveFileOptions, removeFile } from "./remove-file.ts";
export { streamSource } from "./stream-source.ts";
export {
  decodeFileReference,
  encodeFileReference,
  type FileReference,
  formatFileReference,
  parseFileReference,
} from "./wire/file-reference.ts";
