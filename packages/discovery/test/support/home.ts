import { cipherSuite, type Random } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { Mailbox } from "@cweb/mailbox";
import type { LocalStore } from "@cweb/storage-local";
import { memoryStore } from "@cweb/storage-local/memory";
import type { ReadResult, RemoteWriter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { createIdentity, Discovery, loadIdentity, type OwnIdentity } from "../../src/index.ts";

export const crypto = cipherSuite;
export const hour = 3_600_000;
export const day = 24 * hour;

/** One person: a local store, a bucket whose provider checks the time, and the packages over them. */
export interface Home {
  readonly clock: VirtualClock;
  readonly local: LocalStore;
  readonly bucket: MemoryBucket;
  readonly identity: OwnIdentity;
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly random: Random;
  /** Maintains and uploads, as a client's round does. */
  round(): Promise<void>;
  /** Reads the own descriptor as anyone can. */
  read(): Promise<ReadResult>;
}

interface HomeOptions {
  readonly seed: number;
  readonly clock?: VirtualClock;
  readonly local?: LocalStore;
  readonly bucket?: MemoryBucket;
}

const checking = (writer: RemoteWriter): RemoteWriter => ({
  checksClock: true,
  write: (path, bytes, options) => writer.write(path, bytes, options),
  remove: (path, options) => writer.remove(path, options),
});

export async function openHome(options: HomeOptions): Promise<Home> {
  const { seed, clock = new VirtualClock(), local = memoryStore(), bucket = memoryBucket() } = options;
  const random = seededRandom(seed);
  const known = await loadIdentity({ local, crypto });
  const profile = new TextEncoder().encode(`memory bucket ${seed}`);
  const identity = known ?? (await createIdentity({ local, crypto, random, profile })).identity;
  const mailbox = new Mailbox({
    local,
    reader: bucket.reader,
    writer: checking(bucket.writer),
    clock,
    random,
    crypto,
    home: { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key },
  });
  await mailbox.begin();
  const discovery = new Discovery({ mailbox, identity, crypto });
  const round = async (): Promise<void> => {
    await discovery.maintain();
    const report = await mailbox.flush();
    if (report.failure !== undefined) throw report.failure;
    await discovery.noteFlush(report);
  };
  const read = (): Promise<ReadResult> => bucket.reader.read(discovery.descriptorPath(identity.idBytes), { maxBytes: 65_536 });
  return { clock, local, bucket, identity, mailbox, discovery, random, round, read };
}

/** `reader` fetches the descriptor of `owner` and records the answer, or `result` in its place. */
export async function fetchFrom(reader: Home, owner: Home, result?: ReadResult): ReturnType<typeof record> {
  return record(reader, owner, result ?? (await owner.read()));
}

function record(reader: Home, owner: Home, result: ReadResult): Promise<ReturnType<Discovery["recordFetch"]>> {
  return reader.mailbox.transact({}, (tx) => reader.discovery.recordFetch(tx, owner.identity.id, result));
}
