import { cipherSuite, equal } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { memoryStore } from "@cweb/storage-local/memory";
import type { RemoteWriter } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { judgeBeacon, openBeacon } from "../../src/core/beacon.ts";
import { decodeHome } from "../../src/core/home.ts";
import { deletionCodec, names } from "../../src/core/records.ts";
import { Mailbox, type Transaction } from "../../src/index.ts";
import { beaconKey, beaconPath, bytesOf, homeId, minute, type Ports, path, recordsUnder, textOf } from "./home.ts";
import { Schedule } from "./schedule.ts";
import type { World } from "./search.ts";

/** One line of a process's program. */
export type Line = ((tx: Transaction) => void) | "flush" | number;

/** Sends a write once more where the first got no answer, as an SDK does. */
const repeating = (writer: RemoteWriter): RemoteWriter => ({
  ...writer,
  write: (...request) => writer.write(...request).catch(() => writer.write(...request)),
});

const keys = { crypto: cipherSuite, id: homeId, key: beaconKey };

/** The application's own notes, committed with each step: what should be in the bucket. */
export const send =
  (name: string, options: { readonly beaconFirst?: boolean; readonly chain?: string } = {}) =>
  (tx: Transaction): void => {
    tx.put(`app/live/${name}`, bytesOf(`content of ${name}`));
    tx.publish(path(name), bytesOf(`content of ${name}`), options);
  };

/** Withdraws only what was published: the other process may not have come so far, or have died. */
export const acknowledge =
  (name: string) =>
  (tx: Transaction): void => {
    if (!tx.get(`app/live/${name}`)) return;
    tx.remove(`app/live/${name}`);
    tx.withdraw(path(name));
  };

export const change =
  (name: string, content: string, options: { readonly beaconFirst?: boolean } = {}) =>
  (tx: Transaction): void => {
    tx.put(`app/live/${name}`, bytesOf(content));
    tx.replace(path(name), bytesOf(content), options);
  };

/** Enough time and flushes for everything that is due to be done, whatever happened before. */
const fairWorld: readonly Line[] = [
  "flush",
  minute + 1000,
  "flush",
  21 * minute,
  "flush",
  11 * minute,
  "flush",
  32 * minute,
  "flush",
  32 * minute,
  "flush",
];

export function twoProcesses(
  programs: readonly (readonly Line[])[],
  options: { readonly repeatsWrites?: boolean; readonly writerRepeats?: boolean } = {},
): World {
  const clock = new VirtualClock();
  const schedule = new Schedule(clock);
  const store = memoryStore();
  const bucket = memoryBucket();
  const problems: string[] = [];
  const contents = new Map<string, Uint8Array>();
  let processes = 0;

  const watched = {
    ...bucket,
    writer: {
      ...bucket.writer,
      write: async (
        name: Parameters<typeof bucket.writer.write>[0],
        bytes: Uint8Array,
        when: Parameters<typeof bucket.writer.write>[2],
      ) => {
        const before = contents.get(name);
        if (!name.startsWith("m") && name !== beaconPath && before && !equal(before, bytes)) problems.push(`C1 two contents at ${name}`);
        contents.set(name, bytes);
        return bucket.writer.write(name, bytes, when);
      },
      remove: async (name: Parameters<typeof bucket.writer.remove>[0]) => {
        const record = (await store.load([names.deletion(name)])).get(names.deletion(name));
        const beacon = openBeacon(keys, bucket.objects().get(beaconPath) ?? new Uint8Array());
        const commit = record ? deletionCodec.decode(record.bytes).commit : 0;
        if (!beacon || beacon.commit < commit) problems.push(`C5 ${name} deleted while the published beacon was older`);
        return bucket.writer.remove(name);
      },
    },
  };

  const spawn = (lines: readonly Line[], isFair: boolean): void => {
    const number = ++processes;
    schedule.spawn({ name: `P${number}`, isFair }, store, watched, async (ports: Ports, advance) => {
      const mailbox = new Mailbox({
        ...ports,
        writer: options.writerRepeats ? repeating(ports.writer) : ports.writer,
        repeatsWrites: options.repeatsWrites ?? false,
        clock,
        random: seededRandom(number),
        crypto: cipherSuite,
        home: { id: homeId, beaconPath, beaconKey },
      });
      for (const line of lines) {
        if (line === "flush") await mailbox.flush();
        else if (typeof line === "number") await advance(line);
        else await mailbox.transact({}, line);
      }
    });
  };
  for (const lines of programs) spawn(lines, false);
  let isFair = false;

  return {
    schedule,
    next: async () => {
      if (isFair) return false;
      isFair = true;
      spawn(fairWorld, true);
      return true;
    },
    end: async () => {
      const live = new Map(
        (await store.scan("app/live/", { limit: 100 })).map(({ name, bytes }) => [name.slice("app/live/".length), textOf(bytes)]),
      );
      const stored = new Map([...bucket.objects()].map(([name, bytes]) => [name as string, textOf(bytes)]));
      for (const [name, content] of live)
        if (stored.get(name) !== content) problems.push(`C3/C4 ${name} is ${stored.get(name)}, not ${content}`);
      for (const name of stored.keys()) if (!live.has(name) && name !== beaconPath) problems.push(`C2 orphan ${name}`);
      for (const name of await recordsUnder(store, "mailbox/todo/")) problems.push(`C0 ${name} is still waiting`);
      for (const name of await recordsUnder(store, "mailbox/inbox/"))
        problems.push(`C6 a restored state was seen where there was none: ${name}`);
      const home = decodeHome((await store.load([names.home])).get(names.home)?.bytes);
      if (judgeBeacon(keys, home, bucket.objects().get(beaconPath)).kind !== "current") problems.push("C4 the beacon is not the newest");
      return problems;
    },
  };
}
