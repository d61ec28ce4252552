import * as nodeFs from "node:fs/promises";
import type { FileSystem } from "../../src/folder-target.ts";

type Call = "write" | "datasync";

export const failing = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code });
};

/** A file system of which some calls fail, those of the files that it opens included. */
export function brokenFs(calls: Partial<Record<keyof FileSystem | Call, () => Promise<never>>>): FileSystem {
  const open: FileSystem["open"] = async (...args) => {
    const handle = await nodeFs.open(...args);
    for (const name of ["write", "datasync"] as const)
      if (calls[name] !== undefined) Object.defineProperty(handle, name, { value: calls[name] });
    return handle;
  };
  return { ...nodeFs, open, ...(calls as Partial<FileSystem>) };
}
