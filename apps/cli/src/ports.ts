import { appendFileSync } from "node:fs";
import type { ObjectKind } from "@cweb/client";
import { type Clock, cipherSuite as crypto, type Random, systemClock, systemRandom } from "@cweb/crypto";
import {
  createMeter,
  decodeReadProfile,
  describeProfile,
  type Meter,
  openReader,
  openWriter,
  type Path,
  type ReadProfile,
  type RemoteReader,
  type RemoteWriter,
  type RequestEvent,
  type StorageProfile,
  StorageRemoteError,
  withMeter,
  withRetry,
  withTimeout,
} from "@cweb/storage-remote";
import { folderReader, folderWriter } from "@cweb/storage-remote/folder";
import type { Context } from "./context.ts";
import { processName } from "./process-name.ts";

/** Short enough for a person who waits, long enough for a slow line: 10 s beside the bytes, three tries. */
const requestTimeout = 10_000;
const attempts = 3;

/** Of all private objects but chunks of files, in bytes. */
const largestMessage = 65_536;

/** The real ports of one process: what the command line chooses for the packages. */
export interface Ports {
  readonly crypto: typeof crypto;
  readonly random: Random;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly writer: RemoteWriter;
  readonly reader: RemoteReader;
  readonly openReader: (profile: Uint8Array) => RemoteReader;
  readonly describeStore: (profile: Uint8Array) => string;
  readonly repeatsWrites: true;
  readonly process: typeof processName;
  /** From now on, requests are logged with what their objects are for. */
  tellKinds(kindOf: (path: Path) => ObjectKind): void;
}

export function openPorts(profile: StorageProfile, { clockOffset, requests }: Context): Ports {
  const shared = createMeter();
  let kindOf: (path: Path) => string = () => "trial";
  const log = (store: string, { op, path, result, bytes }: RequestEvent): void => {
    if (requests === undefined) return;
    const known = path === undefined ? op : kindOf(path);
    // By its name nobody can tell, but nothing else is as large.
    const kind = known === "message" && bytes > largestMessage ? "chunk" : known;
    const line = { at: new Date().toISOString(), op, kind, store, path: path ?? "", result, bytes };
    appendFileSync(requests, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  };
  const meterOf = (store: string): Meter => ({
    counts: () => shared.counts(),
    record(event: RequestEvent): void {
      shared.record(event);
      log(store, event);
    },
  });
  // Requests are timed and signed by the device's own clock, whatever the protocol's is.
  const timing = { clock: systemClock, milliseconds: requestTimeout };
  const retrying = { clock: systemClock, random: systemRandom, attempts };
  const readerOf = (from: ReadProfile, store: string): RemoteReader => {
    const meter = meterOf(store);
    // For trials on one computer only: else a stranger's card would make this device read its own files.
    const folder = profile.type === "folder" ? folderReader : refuseFolder;
    const options = { folder, onExtraRequest: (event: RequestEvent) => meter.record(event) };
    return withRetry(withTimeout(withMeter(openReader(from, options), meter), timing), retrying);
  };
  const writerOf = (to: StorageProfile, store: string): RemoteWriter => {
    const meter = meterOf(store);
    const options = { folder: folderWriter, onExtraRequest: (event: RequestEvent) => meter.record(event) };
    return withRetry(withTimeout(withMeter(openWriter(to, options), meter), timing), retrying);
  };
  const own = describeProfile(profile);
  return {
    crypto,
    random: systemRandom,
    clock: clockOffset === 0 ? systemClock : shifted(clockOffset),
    meter: shared,
    writer: writerOf(profile, own),
    reader: readerOf(ownerSide(profile), own),
    openReader: (encoded) => {
      const from = decodeReadProfile(encoded);
      return readerOf(from, describeProfile(from));
    },
    describeStore: (encoded) => describeProfile(decodeReadProfile(encoded)),
    repeatsWrites: true,
    process: processName,
    tellKinds: (tell) => {
      kindOf = tell;
    },
  };
}

function refuseFolder(): never {
  throw new StorageRemoteError(
    "bad-profile",
    "This card names a folder as its storage: only a home that is kept in a folder itself reads those.",
  );
}

/** The own bucket is read with the writing key: a public address, or what stands in front of it, may show old things. */
function ownerSide(profile: StorageProfile): ReadProfile {
  if (profile.type !== "s3") return profile;
  const { endpoint, region, bucket, prefix, pathStyle, write, read } = profile;
  if (write) return { type: "s3", endpoint, region, bucket, prefix, pathStyle, read: write };
  return "type" in read ? read : { type: "s3", endpoint, region, bucket, prefix, pathStyle, read };
}

function shifted(offset: number): Clock {
  return { now: () => systemClock.now() + offset, sleep: (milliseconds, signal) => systemClock.sleep(milliseconds, signal) };
}
