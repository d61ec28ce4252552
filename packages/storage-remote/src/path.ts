import type { Path } from "./port.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

/** SPEC §2: what every store, file system and URL takes without any escaping. */
const SHAPE = /^[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;
const LONGEST = 512;

/**
 * Checks that `text` names an object: 1 to 512 characters of `[A-Za-z0-9._/-]`, where no segment between slashes is
 * empty, `.` or `..`. Throws `StorageRemoteError` `bad-path` otherwise.
 */
export function toPath(text: string): Path {
  // The length comes first, so that the expression never sees a long hostile string.
  if (text.length > LONGEST || !SHAPE.test(text) || text.split("/").some((segment) => segment === "." || segment === "..")) {
    throw new StorageRemoteError(
      "bad-path",
      "An object's path has 1 to 512 characters of A-Z a-z 0-9 . _ - /, without empty, '.' or '..' segments.",
    );
  }
  return text as Path;
}
