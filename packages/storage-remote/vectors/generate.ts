// Writes profiles.json and names.json: `node --conditions=@cweb/source vectors/generate.ts`. Cases are
// only ever added, at the end of their list.
import { writeFileSync } from "node:fs";
import { toFileNames } from "../src/folder-name.ts";
import { encodeReadProfile, formatStorageProfile, parseStorageProfile, readSide, toPath } from "../src/index.ts";

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const save = (name: string, value: unknown): void => writeFileSync(new URL(name, import.meta.url), `${JSON.stringify(value, null, 2)}\n`);

const s3 =
  '{"type":"s3","endpoint":"http://127.0.0.1:9000","bucket":"alice","prefix":"cweb/","read":{"accessKeyId":"RID","secretAccessKey":"read+secret/="},"write":{"accessKeyId":"WID","secretAccessKey":"write"}}';
const texts = [
  s3,
  "s3!s3.example.org!!alice!!RID!secret",
  "s3!https://s3.example.org!eu-central-1!alice!cweb!RID!secret!WID!other",
  '{"type":"s3","endpoint":"HTTPS://S3.Example.org:443/base//","region":"auto","bucket":"B.c_d-1","pathStyle":false,"read":{"type":"http","url":"https://pub.example.org/"},"putHeaders":{"X-Amz-Acl":"private"}}',
  '{"type":"http","url":"https://xn--bcher-kva.example/x/"}',
  '{"type":"folder","path":"/tmp/ä b"}',
];
const profiles = texts.map((text) => {
  const profile = parseStorageProfile(text);
  return { text, normal: formatStorageProfile(profile), read: readSide(profile), bytes: hex(encodeReadProfile(readSide(profile))) };
});

const good = hex(encodeReadProfile({ type: "http", url: "https://h.example" }));
const field = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  return `${bytes.length.toString(16).padStart(4, "0")}${hex(bytes)}`;
};
const refusedBytes = [
  { name: "nothing", bytes: "" },
  { name: "another version", bytes: `02${good.slice(2)}` },
  { name: "another kind", bytes: `0104${good.slice(4)}` },
  { name: "cut off", bytes: good.slice(0, -2) },
  { name: "a trailing byte", bytes: `${good}00` },
  { name: "a length beyond the end", bytes: "0102ffff61" },
  { name: "a URL that is not in its normal form", bytes: `0102${field("https://h.example/")}` },
  { name: "a file URL", bytes: `0102${field("file:///etc/passwd")}` },
  { name: "a user in the URL", bytes: `0102${field("https://u:p@h.example")}` },
  { name: "a folder path with a zero", bytes: `0103${field("/tmp\0")}` },
  { name: "text that is not UTF-8", bytes: "01030002c328" },
  { name: "flags beyond the known", bytes: `010102${["https://h", "r", "b", "", "i", "s"].map(field).join("")}` },
  { name: "an empty bucket", bytes: `010101${["https://h", "r", "", "", "i", "s"].map(field).join("")}` },
  { name: "a prefix without its slash", bytes: `010101${["https://h", "r", "b", "p", "i", "s"].map(field).join("")}` },
  { name: "an empty secret", bytes: `010101${["https://h", "r", "b", "", "i", ""].map(field).join("")}` },
];
const refusedTexts = [
  "",
  "{}",
  "s3!a!b",
  s3.replace("RID", "R,ID"),
  s3.replace("http://", "ftp://"),
  s3.replace("cweb/", "../"),
  s3.replace('"prefix"', '"prefx"'),
];

const paths = ["a", "A", "a/b", "cweb/AbC", "x".repeat(250), `${"Y".repeat(101)}/z`, "...", "a.b_c-d"];
save("profiles.json", { profiles, refusedTexts, refusedBytes });
save("names.json", {
  paths: paths.map((path) => ({ path, folder: toFileNames(toPath(path)) })),
  refused: ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a b", "a%20b", "ä", "a\n", "x".repeat(513)],
});
