// The whole layer: two Peers with all that a message goes through, its disk and bucket included. Messages carry 100 bytes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CipherSuite, systemRandom } from "@cweb/crypto";
import { nobleSuite } from "@cweb/crypto/noble";
import { nodeSuite } from "@cweb/crypto/node";
import { openNodeStore } from "@cweb/storage-local/node";
import type { Path } from "@cweb/storage-remote";
import { memoryPlace } from "../src/memory-place.ts";
import type { Person } from "../src/person.ts";
import type { Place } from "../src/place.ts";
import { type S3Keys, s3Bucket, s3Reader } from "../src/s3-bucket.ts";
import { World, type WorldOptions } from "../src/world.ts";

const text = "x".repeat(100);
const suites: Readonly<Record<string, CipherSuite>> = { node: nodeSuite, noble: nobleSuite };

const newWorld = (place: Place, options: WorldOptions): World => new World(place, 0, { wrapRandom: () => systemRandom, ...options });

/** Two who have a session. */
async function talkers(world: World): Promise<readonly [Person, Person]> {
  const [ada, ben] = await world.friends("ada", "ben");
  await pass(ada, ben, 1);
  await pass(ben, ada, 1);
  return [ada, ben];
}

/** `count` messages one way: sent one by one, then read. */
async function pass(from: Person, to: Person, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await from.peer.send(to.name, text);
  // The clock goes on, so that what is acknowledged is deleted.
  from.world.wait(60_000);
  while (to.lines.length < count) await to.round();
  for (const person of [from, to]) person.forgetTalk();
}

async function pingPong([ada, ben]: readonly [Person, Person], count: number): Promise<number> {
  for (let n = 0; n < count; n++) await (n % 2 === 0 ? pass(ada, ben, 1) : pass(ben, ada, 1));
  return count;
}

/** The burst is answered, so that it is acknowledged. */
async function burst([ada, ben]: readonly [Person, Person], count: number): Promise<number> {
  await pass(ada, ben, count);
  await pass(ben, ada, 1);
  return count + 1;
}

/** All are withheld and shown again from the last to the first: each is looked for among the names ahead or passed over. */
async function reverse([ada, ben]: readonly [Person, Person], count: number): Promise<number> {
  const before = await ada.bucket.provider.paths();
  const sent: (readonly [Path, Uint8Array])[] = [];
  for (let n = 0; n < count; n++) {
    await ada.peer.send(ben.name, text);
    const next = [...(await ada.bucket.provider.objects())].filter(
      ([path]) => !before.has(path) && !sent.some(([known]) => known === path),
    );
    sent.push(...next);
  }
  for (const [path] of sent) await ada.bucket.provider.remove(path);
  ada.world.wait(60_000);
  for (const [path, bytes] of sent.reverse()) {
    await ada.bucket.provider.put(path, bytes);
    await ben.round({ full: true });
  }
  if (ben.lines.length !== count) throw new Error(`${ben.lines.length} of ${count} messages came.`);
  for (const person of [ada, ben]) person.forgetTalk();
  await pass(ben, ada, 1);
  return count + 1;
}

/** The same work with both suites, in memory; the slower one does less of it in a round. */
function inMemory(work: (people: readonly [Person, Person], scale: number) => Promise<number>) {
  return async (): Promise<Record<string, () => Promise<number>>> => {
    const contestants: Record<string, () => Promise<number>> = {};
    for (const [name, crypto] of Object.entries(suites)) {
      const people = await talkers(newWorld(memoryPlace(), { crypto }));
      contestants[name] = () => work(people, name === "noble" ? 0.2 : 1);
    }
    return contestants;
  };
}

async function startServer(): Promise<{ readonly server: ChildProcess; readonly url: string; readonly mailboxes: readonly S3Keys[] }> {
  const script = fileURLToPath(new URL("./server-process.ts", import.meta.url));
  const server = spawn(process.execPath, ["--conditions=@cweb/source", script], { stdio: ["pipe", "pipe", "inherit"] });
  if (server.stdout === null) throw new Error("The server has no output.");
  const [line] = (await once(server.stdout, "data")) as [Buffer];
  return { server, ...JSON.parse(line.toString()) };
}

/** Two buckets of a server in another process. */
function remotePlace(url: string, mailboxes: readonly S3Keys[]): Place {
  const settings = { endpoint: url, isUnsteady: false };
  const left = [...mailboxes];
  return {
    name: "server",
    isUnsteady: false,
    readersMayList: false,
    isRepeatable: false,
    async bucket(_label, meter) {
      const keys = left.shift();
      if (!keys) throw new Error("There is no further bucket.");
      return s3Bucket(settings, keys, keys.write, meter);
    },
    openReader: (profile, meter) => s3Reader(settings, profile, meter),
    describeStore: () => url,
    requests: async () => [],
    close: async () => undefined,
  };
}

function onDisk() {
  let server: ChildProcess | undefined;
  let folder: string | undefined;
  let people: readonly Person[] = [];
  return {
    title: "whole layer: ping-pong on SQLite and the embedded S3 server",
    unit: "messages",
    rounds: 3,
    async contestants() {
      const dir = await mkdtemp(join(tmpdir(), "cweb-bench-"));
      folder = dir;
      const started = await startServer();
      server = started.server;
      const place = remotePlace(started.url, started.mailboxes);
      const pair = await talkers(newWorld(place, { openLocal: (name) => openNodeStore(join(dir, `${name}.db`)) }));
      people = pair;
      return { node: () => pingPong(pair, 40) };
    },
    async close() {
      for (const { local } of people) await local.close();
      server?.stdin?.end();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

export const benches: readonly object[] = [
  {
    title: "whole layer: two new homes, their cards exchanged, a first message and its answer",
    unit: "pairs",
    contestants: () =>
      Object.fromEntries(
        Object.entries(suites).map(([name, crypto]) => [
          name,
          async () => {
            await talkers(newWorld(memoryPlace(), { crypto }));
            return 1;
          },
        ]),
      ),
  },
  { title: "whole layer: ping-pong in memory", unit: "messages", contestants: inMemory((people, scale) => pingPong(people, 100 * scale)) },
  {
    title: "whole layer: a burst of 100 in memory",
    unit: "messages",
    contestants: inMemory((people, scale) => burst(people, 100 * scale)),
  },
  {
    title: "whole layer: 30 in memory, shown from the last to the first, with a full check for each",
    unit: "messages",
    rounds: 3,
    contestants: inMemory((people, scale) => reverse(people, 30 * scale)),
  },
  onDisk(),
];
