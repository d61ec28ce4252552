// Writes files.json: how names and descriptions look on the disk (SPEC §5). Append-only: new cases go to the end.
// node --experimental-strip-types vectors/generate.ts   (signatures.json is published by others and not generated)
import { writeFileSync } from "node:fs";
import { encodeDescription } from "../src/core/description.ts";
import { fileNameOf } from "../src/core/object-name.ts";

const keys = [
  "a",
  "cweb/0aB_-",
  "Name",
  "name",
  "..",
  ".",
  "a.",
  "=a",
  "%41",
  "ä b+c",
  "a/b//c/",
  "\u{1f600}",
  "x".repeat(200),
  "x".repeat(201),
];
const descriptions = [
  { key: "a", size: 0, etag: "d41d8cd98f00b204e9800998ecf8427e", modified: 1_795_000_000_000, headers: {}, checksums: {} },
  {
    key: "cweb/ä",
    size: 5,
    etag: "5d41402abc4b2a76b9719d911017c592",
    modified: 1_795_000_000_001,
    headers: { "content-type": "text/plain", "x-amz-meta-m": "1" },
    checksums: { crc32: "NhCmhg==" },
  },
];
const files = {
  names: keys.map((key) => ({ key, file: fileNameOf(key) })),
  endings: descriptions.map((description) => ({ description, hex: Buffer.from(encodeDescription(description)).toString("hex") })),
};
writeFileSync(new URL("files.json", import.meta.url), `${JSON.stringify(files, null, 2)}\n`);
