import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as api from "../../src/index.ts";

const root = fileURLToPath(new URL("../../src", import.meta.url));
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(root, name), "utf8") }));
const naming = (pattern: RegExp): string[] => sources.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

test("M15 no compression before encryption: no source names a compressor", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(naming(/zlib|CompressionStream|gzip|deflate|brotli/i)).toEqual([]);
});

test("only SEAL and HPKE call a cipher", () => {
  const callers = naming(/\b(chacha20Poly1305|aes256Gcm|(seal|open)Aes256Gcm)\b/).filter((name) => !/^provider(\.ts$|[\\/])/.test(name));
  expect(callers.sort()).toEqual(["bulk-cipher.ts", "hpke.ts", "seal.ts"]);
});

test("the package gives nobody a raw cipher", () => {
  const values: readonly unknown[] = [...Object.values(api), ...Object.values(api.cipherSuite)];
  expect(values.some((value) => value !== null && typeof value === "object" && "chacha20Poly1305" in value)).toBe(false);
});

test("randomness and time come from system-random.ts and system-clock.ts alone", () => {
  expect(naming(/getRandomValues\(|Math\.random|randomBytes\(/)).toEqual(["system-random.ts"]);
  expect(naming(/Date\.now|setTimeout\(|performance\./)).toEqual(["system-clock.ts"]);
});
