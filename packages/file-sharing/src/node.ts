export { type FolderTargetOptions, fileTarget, folderTarget } from "./folder-target.ts";
