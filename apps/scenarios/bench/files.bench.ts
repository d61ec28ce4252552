// A large file up and down through one local server: ours beside plain lib-storage (not encrypted), rclone crypt and restic. npm run bench -- files
import { join } from "node:path";
import { type Measurement, runNode } from "./files/measured.ts";
import { download, publish } from "./files/ours.ts";
import { installedPeers } from "./files/peers.ts";
import type { PlainJob } from "./files/plain-process.ts";
import { memory, onStage, resumed, sought } from "./files/reports.ts";
import { openStage, type Stage } from "./files/stage.ts";

const mebibytes = Number(process.env.CWEB_BENCH_MIB ?? 1024);
const rounds = Number(process.env.CWEB_BENCH_ROUNDS ?? 3);
const isLong = process.env.CWEB_LONG === "1";

type Lap = Measurement & { readonly units: number };
type Contestants = Record<string, () => Promise<Lap>>;

const plain = (job: PlainJob) => runNode("plain-process.ts", job);
const units = (measured: Measurement): Lap => ({ ...measured, units: mebibytes });

function uploads(stage: Stage): Contestants {
  const { server, file } = stage;
  const peers = installedPeers().map((peer) => {
    const place = server.bucketOf(peer.name);
    const lap = async (): Promise<Lap> => {
      await server.empty(place);
      await peer.prepare(place);
      return units(await peer.up(place, file));
    };
    return [peer.name === "rclone" ? "rclone crypt" : peer.name, lap] as const;
  });
  const place = server.bucketOf("plain");
  return {
    "lib-storage, not encrypted": async () => {
      await server.empty(place);
      return units(await plain({ work: "up", place, file }));
    },
    "file-sharing": async () => units((await publish(stage)).measured),
    ...Object.fromEntries(peers),
  };
}

/** Each into a new folder; what has arrived is compared, outside of the measured time. */
function downloads(stage: Stage, reference: string): Contestants {
  const { server } = stage;
  const into = (get: (folder: string) => Promise<Measurement>) => async (): Promise<Lap> => {
    const folder = await stage.folder();
    const lap = units(await get(folder));
    await stage.checkAndRemove(folder);
    return lap;
  };
  const peers = installedPeers().map((peer) => {
    const place = server.bucketOf(peer.name);
    return [peer.name === "rclone" ? "rclone crypt" : peer.name, into((folder) => peer.down(place, folder))] as const;
  });
  return {
    "lib-storage, not encrypted": into((folder) => plain({ work: "down", place: server.bucketOf("plain"), file: join(folder, "file") })),
    "lib-storage, waiting for the disk": into((folder) =>
      plain({ work: "down", place: server.bucketOf("plain"), file: join(folder, "file"), flush: true }),
    ),
    "file-sharing": into((folder) => download(stage, reference, folder)),
    ...Object.fromEntries(peers),
  };
}

let open: Stage | undefined;

async function ready(): Promise<Stage> {
  open ??= await openStage(mebibytes);
  return open;
}

async function done(): Promise<void> {
  await open?.close();
  open = undefined;
}

export const benches: readonly object[] = [
  {
    title: `a file of ${mebibytes} MiB up`,
    unit: "MiB",
    rounds,
    contestants: async () => uploads(await ready()),
    close: done,
  },
  {
    title: `a file of ${mebibytes} MiB down`,
    unit: "MiB",
    rounds,
    async contestants() {
      const stage = await ready();
      for (const upload of Object.values(uploads(stage))) await upload();
      return downloads(stage, (await publish(stage)).reference);
    },
    close: done,
  },
];

export const reports: readonly object[] = [
  { title: `a transfer of ${mebibytes} MiB, killed at half and started again`, lines: () => onStage(mebibytes, resumed) },
  {
    title: `the first byte at a random offset of ${mebibytes} MiB, by a process that holds nothing of the file`,
    lines: () => onStage(mebibytes, sought),
  },
  { title: "memory by size of the file", lines: () => memory(isLong ? [mebibytes, 8 * mebibytes] : [mebibytes / 8, mebibytes]) },
];
