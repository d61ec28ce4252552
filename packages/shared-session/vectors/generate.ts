// Writes rooms.json: `node --conditions=@cweb/source vectors/generate.ts`. Cases are only ever added, at the end.
import { writeFileSync } from "node:fs";
import { nobleSuite } from "@cweb/crypto/noble";
import { makeVectors } from "./make-vectors.ts";

writeFileSync(new URL("rooms.json", import.meta.url), `${JSON.stringify(makeVectors(nobleSuite), null, 2)}\n`);
