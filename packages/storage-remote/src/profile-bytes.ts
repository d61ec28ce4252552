import { badProfile, baseUrl, credentialsOf, folderPathOf, placeOf, type ReadProfile } from "./profile.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

// SPEC §4.3. A fixed layout rather than JSON: there is exactly one encoding of each profile, so that a signature, a hash or
// an equality over the bytes means the same for everyone, and the decoder needs no parser that has opinions.
const VERSION = 1;
const S3 = 1;
const HTTP = 2;
const FOLDER = 3;
const LONGEST = 1024;
const PATH_STYLE = 1;

/** The encoding for cards and descriptors: at most 1,024 bytes, and equal for equal profiles. Throws `bad-profile`. */
export function encodeReadProfile(profile: ReadProfile): Uint8Array {
  const [header, fields] = layout(check(profile));
  const texts = fields.map((field) => new TextEncoder().encode(field));
  const bytes = new Uint8Array(header.length + texts.reduce((sum, text) => sum + 2 + text.length, 0));
  if (bytes.length > LONGEST) throw badProfile(`its read side takes more than ${LONGEST} bytes.`);
  bytes.set(header);
  let at = header.length;
  for (const text of texts) {
    new DataView(bytes.buffer).setUint16(at, text.length);
    bytes.set(text, at + 2);
    at += 2 + text.length;
  }
  return bytes;
}

/** Reads a stranger's bytes; total and strict: only what `encodeReadProfile` makes is accepted. Throws `bad-profile`. */
export function decodeReadProfile(bytes: Uint8Array): ReadProfile {
  if (bytes.length > LONGEST) throw badProfile(`its bytes are more than ${LONGEST}.`);
  if (bytes[0] !== VERSION) throw badProfile("it is of a version that this program does not know; update it.");
  const profile = check(parse(bytes));
  const again = encodeReadProfile(profile);
  if (again.length !== bytes.length || again.some((byte, index) => byte !== bytes[index]))
    throw badProfile("its bytes are not in their one normal form.");
  return profile;
}

function layout(profile: ReadProfile): [header: readonly number[], fields: readonly string[]] {
  if (profile.type === "folder") return [[VERSION, FOLDER], [profile.path]];
  if (profile.type === "http") return [[VERSION, HTTP], [profile.url]];
  const { endpoint, region, bucket, prefix, pathStyle, read } = profile;
  return [
    [VERSION, S3, pathStyle ? PATH_STYLE : 0],
    [endpoint, region, bucket, prefix, read.accessKeyId, read.secretAccessKey],
  ];
}

function check(profile: ReadProfile): ReadProfile {
  if (profile.type === "folder") return { type: "folder", path: folderPathOf(profile.path) };
  if (profile.type === "http") return { type: "http", url: baseUrl(profile.url, "url") };
  return { type: "s3", ...placeOf({ ...profile }), read: credentialsOf(profile.read, "read") };
}

function texts(bytes: Uint8Array, start: number, count: number): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const result: string[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at + 2 > bytes.length) throw badProfile("its bytes end too early.");
    const end = at + 2 + view.getUint16(at);
    if (end > bytes.length) throw badProfile("its bytes end too early.");
    try {
      result.push(decoder.decode(bytes.subarray(at + 2, end)));
    } catch (cause) {
      throw badProfile("its text is not UTF-8.", cause);
    }
    at = end;
  }
  if (at !== bytes.length) throw badProfile("bytes follow its end.");
  return result;
}

function parse(bytes: Uint8Array): ReadProfile {
  if (bytes[1] === HTTP) {
    const [url = ""] = texts(bytes, 2, 1);
    return { type: "http", url };
  }
  if (bytes[1] === FOLDER) {
    const [path = ""] = texts(bytes, 2, 1);
    return { type: "folder", path };
  }
  if (bytes[1] !== S3)
    throw new StorageRemoteError("bad-profile", "The storage profile is of a kind that this program does not know; update it.");
  const flags = bytes[2];
  if (flags !== 0 && flags !== PATH_STYLE) throw badProfile("its flags are not known.");
  const [endpoint = "", region = "", bucket = "", prefix = "", accessKeyId = "", secretAccessKey = ""] = texts(bytes, 3, 6);
  return { type: "s3", endpoint, region, bucket, prefix, pathStyle: flags === PATH_STYLE, read: { accessKeyId, secretAccessKey } };
}
