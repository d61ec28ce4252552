import { randomInt } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { download, ours, publish } from "./ours.ts";
import type { OursJob } from "./ours-process.ts";
import { openStage, type Stage } from "./stage.ts";

const seeks = 20;
const lookEvery = 10;

/** A report's lines, on a stage of its own. */
export async function* onStage(mebibytes: number, report: (stage: Stage) => AsyncIterable<string>): AsyncGenerator<string> {
  const stage = await openStage(mebibytes);
  try {
    yield* report(stage);
  } finally {
    await stage.close();
  }
}

/** Kills the process when the server has answered half of its requests. Resolves with their number until then. */
async function killedAtHalf(stage: Stage, kind: "get" | "put", job: OursJob): Promise<number> {
  await stage.server.count();
  let kill = (): void => undefined;
  const run = ours(job, (child) => {
    kill = () => child.kill("SIGKILL");
  });
  const ended = run.then(
    () => "was done before it could be killed",
    (error: unknown) => `failed: ${error}`,
  );
  let answered = 0;
  while (answered < stage.mebibytes / 2) {
    const sentence = await Promise.race([ended, new Promise<undefined>((resolve) => setTimeout(resolve, lookEvery))]);
    if (sentence !== undefined) throw new Error(`the transfer ${sentence}`);
    answered += (await stage.server.count())[kind];
  }
  kill();
  await ended;
  return answered + (await stage.server.count())[kind];
}

/** What is sent or fetched again after a kill at half, counted by the server. */
export async function* resumed(stage: Stage): AsyncGenerator<string> {
  const { server, file } = stage;
  const place = server.bucketOf("ours");
  const { reference } = await publish(stage);
  const wholeUp = (await server.count()).put;
  const folder = await stage.folder();
  await download(stage, reference, folder);
  await stage.checkAndRemove(folder);
  const wholeDown = (await server.count()).get;

  const into = await stage.folder();
  const down: OursJob = { work: "down", place, home: await stage.folder(), file: join(into, "file"), reference };
  const got = await killedAtHalf(stage, "get", down);
  await ours(down);
  const gotAgain = got + (await server.count()).get - wholeDown;
  await stage.checkAndRemove(into);
  yield `down: killed after ${got} GETs; ${gotAgain} more in all than the ${wholeDown} of an undisturbed one, up to 8 chunks at a time`;

  await server.empty(place);
  const up: OursJob = { work: "up", place, home: await stage.folder(), file };
  const put = await killedAtHalf(stage, "put", up);
  await ours(up);
  const putAgain = put + (await server.count()).put - wholeUp;
  yield `up: killed after ${put} PUTs; ${putAgain} more in all than the ${wholeUp} of an undisturbed one, up to 8 chunks at a time`;
}

/** GETs of a process that opens the file and reads one byte. */
export async function* sought(stage: Stage): AsyncGenerator<string> {
  const { server } = stage;
  const { reference } = await publish(stage);
  const source = await open(stage.file);
  const gets: number[] = [];
  const walls: number[] = [];
  await server.count();
  for (let n = 0; n < seeks; n++) {
    const offset = randomInt(stage.mebibytes << 20);
    const job = { work: "seek", place: server.bucketOf("ours"), home: await stage.folder(), file: "", reference, offset } as const;
    const { wall, answer } = await ours(job);
    const { buffer } = await source.read(Buffer.alloc(1), 0, 1, offset);
    if (answer.byte !== buffer[0]) throw new Error("another byte than stands there");
    gets.push((await server.count()).get);
    walls.push(wall);
  }
  await source.close();
  const middle = walls.toSorted((a, b) => a - b)[seeks >> 1] ?? Number.NaN;
  yield `${seeks} offsets: at most ${Math.max(...gets)} GETs (root, page where there is one, chunk), median ${middle.toFixed(0)} ms`;
}

/** Peak memory of whole processes, for files of these sizes. */
export async function* memory(sizes: readonly number[]): AsyncGenerator<string> {
  for (const mebibytes of sizes) {
    yield* onStage(mebibytes, async function* (stage) {
      const { measured, reference } = await publish(stage);
      const folder = await stage.folder();
      const down = await download(stage, reference, folder);
      await stage.checkAndRemove(folder);
      yield `${mebibytes} MiB: up ${measured.peak.toFixed(0)} MiB, down ${down.peak.toFixed(0)} MiB`;
    });
  }
}
