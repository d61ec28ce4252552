export { type FolderTargetOptions, folderTarget } from "./folder-target.ts";
