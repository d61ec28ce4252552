export { type FolderTargetOptions, fileTarget, folderTarget } from "./folder-target.ts";
export { fileSource } from "./path-source.ts";
