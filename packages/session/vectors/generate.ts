// Writes ratchet.json: node --conditions=@cweb/source vectors/generate.ts
import { writeFileSync } from "node:fs";
import { nobleSuite } from "@cweb/crypto/noble";
import { makeRatchetVectors } from "./make-ratchet-vectors.ts";

writeFileSync(new URL("ratchet.json", import.meta.url), `${JSON.stringify(makeRatchetVectors(nobleSuite), undefined, 1)}\n`);
