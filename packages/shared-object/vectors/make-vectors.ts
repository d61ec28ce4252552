import { type CipherSuite, pad, type Random, sealOverhead, secret, utf8 } from "@cweb/crypto";
import { encodeObjectId } from "../src/core/object-id.ts";
import { type EpochKey, objectPath, sealObject, sealSigned, signRecord } from "../src/core/sealed-object.ts";
import { endMessage } from "../src/wire/end-message.ts";
import { headRider } from "../src/wire/head-rider.ts";
import { keyMessage } from "../src/wire/key-message.ts";
import { type ObjectRecord, objectRecord, recordKinds, signedRecord } from "../src/wire/object-record.ts";
import { payload } from "../src/wire/payload.ts";

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const fill = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);
/** SEAL draws its salt and nothing else. */
const salted = (byte: number): Random => ({ bytes: (length) => fill(length, byte) });

const owner = fill(32, 0xaa);
const objectId = encodeObjectId(Uint8Array.from({ length: 16 }, (_, i) => i));
const epoch = 1_795_000_000_001;
const key = secret(fill(32, 0x0b));
const signingSeed = fill(32, 0x0c);
const epochKey: EpochKey = { owner, objectId, epoch, key };
const issuedAt = 1_795_000_000_000;

const first: ObjectRecord = {
  objectId,
  epoch,
  version: 1_795_000_000_002,
  prevVersion: 0,
  prevHash: fill(32, 0),
  issuedAt,
  validUntil: issuedAt + 14 * 86_400_000,
  interval: 60,
  kind: recordKinds.value,
  payload: payload.encode({ topic: "object/notes", valueVersion: 1_795_000_000_002, content: utf8("hello") }),
};

function recordsOf(crypto: CipherSuite): readonly { readonly name: string; readonly record: ObjectRecord }[] {
  const firstHead = crypto.hash("so/head", objectRecord.encode(first));
  const version = 1_795_000_000_003;
  const next = { ...first, version, prevVersion: first.version, prevHash: firstHead };
  const nothing = new Uint8Array();
  const large = payload.encode({ topic: "", valueVersion: version, content: fill(61_440, 1) });
  return [
    { name: "the first record", record: first },
    { name: "a heartbeat, which repeats the value", record: next },
    { name: "a file's reference", record: { ...next, kind: recordKinds.fileReference } },
    { name: "the last record of an epoch", record: { ...next, kind: recordKinds.rotated, payload: nothing } },
    { name: "the last record of an object", record: { ...next, kind: recordKinds.deleted, payload: nothing } },
    { name: "the largest value in one object", record: { ...next, payload: large } },
  ];
}

/** Of long objects the start and the hash: the whole would be 130,000 characters. */
const shortened = (crypto: CipherSuite, bytes: Uint8Array): Readonly<Record<string, unknown>> =>
  bytes.length <= 4096
    ? { object: hex(bytes) }
    : { length: bytes.length, start: hex(bytes.subarray(0, 64)), sha256: hex(crypto.sha256(bytes)) };

const asJson = (record: ObjectRecord): Readonly<Record<string, unknown>> => {
  const { payload: carried, prevHash, ...rest } = record;
  return { ...rest, prevHash: hex(prevHash), ...(carried.length > 4096 ? {} : { payload: hex(carried) }) };
};

export interface Vectors {
  readonly object: Readonly<Record<string, unknown>>;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly refused: readonly { readonly name: string; readonly object: string }[];
  readonly messages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** All vectors of SPEC §10, computed by this implementation over any suite. */
export function makeVectors(crypto: CipherSuite): Vectors {
  const verifyKey = crypto.ed25519.publicKey(signingSeed);
  const firstHead = crypto.hash("so/head", objectRecord.encode(first));
  return {
    object: {
      owner: hex(owner),
      objectId: hex(Uint8Array.from({ length: 16 }, (_, i) => i)),
      objectIdText: objectId,
      epoch,
      key: hex(key),
      signingSeed: hex(signingSeed),
      verifyKey: hex(verifyKey),
      path: objectPath(crypto, epochKey),
    },
    records: recordsOf(crypto).map(({ name, record }, i) => {
      const { object, head } = sealObject(crypto, salted(i + 1), epochKey, signingSeed, record);
      return { name, ...asJson(record), salt: hex(fill(24, i + 1)), head: hex(head), ...shortened(crypto, object) };
    }),
    refused: refusedObjects(crypto),
    messages: {
      key: {
        objectId,
        epoch,
        key: hex(key),
        verifyKey: hex(verifyKey),
        version: first.version,
        head: hex(firstHead),
        bytes: hex(keyMessage.encode({ objectId, epoch, key, verifyKey, version: first.version, head: firstHead })),
      },
      keyBeforeTheFirstRecord: {
        bytes: hex(keyMessage.encode({ objectId, epoch, key, verifyKey, version: 0, head: fill(32, 0) })),
      },
      end: { objectId, epoch: epoch + 9, bytes: hex(endMessage.encode({ objectId, epoch: epoch + 9, proof: null })) },
      head: {
        objectId,
        version: first.version,
        head: hex(firstHead),
        bytes: hex(headRider.encode({ objectId, version: first.version, head: firstHead })),
      },
    },
  };
}

function refusedObjects(crypto: CipherSuite): readonly { readonly name: string; readonly object: string }[] {
  const seal = (record: ObjectRecord, under: Partial<EpochKey> = {}, signedBy: Uint8Array = signingSeed): Uint8Array =>
    sealObject(crypto, salted(9), { ...epochKey, ...under }, signedBy, record).object;
  const right = seal(first);
  const altered = right.slice();
  altered[4000] = (altered[4000] as number) ^ 1;
  const body = signedRecord.encode(signRecord(crypto, signingSeed, first));
  const dirty = pad(body, 4096 - sealOverhead);
  dirty[4000] = 1;
  const { signature } = signRecord(crypto, signingSeed, first);
  const later = objectRecord.encode({ ...first, version: first.version + 1 });
  const sealKey = crypto.derive(key, "so/enc", new Uint8Array(), 32);
  const cases: readonly (readonly [string, Uint8Array])[] = [
    ["one byte shorter", right.subarray(1)],
    ["one bit altered", altered],
    ["sealed for another owner", seal(first, { owner: fill(32, 0) })],
    ["sealed for another epoch", seal(first, { epoch: epoch + 1 })],
    ["sealed under another key", seal(first, { key: fill(32, 1) })],
    ["a record of another epoch", seal({ ...first, epoch: epoch + 1 })],
    ["signed by somebody else", seal(first, {}, fill(32, 1))],
    ["the signature of another record", sealSigned(crypto, salted(9), epochKey, { record: later, signature })],
    ["filled with something else than zeros", crypto.seal("so", sealKey, associatedData(), dirty, salted(9))],
  ];
  return cases.map(([name, object]) => ({ name, object: hex(object) }));
}

/** The same as in every object: owner, object, epoch. */
function associatedData(): Uint8Array {
  const bytes = new Uint8Array(56);
  bytes.set(owner);
  bytes.set(
    Uint8Array.from({ length: 16 }, (_, i) => i),
    32,
  );
  new DataView(bytes.buffer).setBigUint64(48, BigInt(epoch));
  return bytes;
}
