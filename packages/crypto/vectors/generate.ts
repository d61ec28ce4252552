// Writes suite.json and hostile-keys.json: node --conditions=@cweb/source vectors/generate.ts
import { writeFileSync } from "node:fs";
import { nobleSuite } from "../src/noble.ts";
import { makeHostileKeys } from "./make-hostile-keys.ts";
import { makeSuiteVectors } from "./make-suite-vectors.ts";

const files: Record<string, object> = { "suite.json": makeSuiteVectors(nobleSuite), "hostile-keys.json": makeHostileKeys() };
for (const [name, content] of Object.entries(files)) {
  writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(content, undefined, 1)}\n`);
}
