// Writes identity-profile.json: `node --conditions=@cweb/source vectors/generate.ts`. Cases are only ever added, at the end.
import { writeFileSync } from "node:fs";
import { makeVectors } from "./make-vectors.ts";

/** In ASCII: nothing in the file is invisible or reorders it. */
const json = JSON.stringify(makeVectors(), null, 2).replaceAll(
  /[^ -~\n]/g,
  (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
);
writeFileSync(new URL("identity-profile.json", import.meta.url), `${json}\n`);
