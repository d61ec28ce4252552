// Writes file-sharing.json: `node --conditions=@cweb/source vectors/generate.ts`. Cases are only ever added, at the end.
import { writeFileSync } from "node:fs";
import { nobleSuite } from "@cweb/crypto/noble";
import { makeVectors } from "./make-vectors.ts";

writeFileSync(new URL("file-sharing.json", import.meta.url), `${JSON.stringify(await makeVectors(nobleSuite), null, 2)}\n`);
