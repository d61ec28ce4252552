import { join } from "node:path";
import { type Measurement, type NodeResult, runNode } from "./measured.ts";
import type { OursJob } from "./ours-process.ts";
import type { Stage } from "./stage.ts";

type OnStart = Parameters<typeof runNode>[2];

/** One run of `ours-process.ts`. */
export function ours(job: OursJob, onStart?: OnStart): Promise<NodeResult> {
  return runNode("ours-process.ts", job, onStart);
}

/** Uploads the stage's file into an empty bucket. */
export async function publish(stage: Stage): Promise<{ readonly measured: Measurement; readonly reference: string }> {
  const place = stage.server.bucketOf("ours");
  await stage.server.empty(place);
  const measured = await ours({ work: "up", place, home: await stage.folder(), file: stage.file });
  return { measured, reference: String(measured.answer.reference) };
}

/** Downloads it into an empty folder. */
export async function download(stage: Stage, reference: string, folder: string): Promise<Measurement> {
  const place = stage.server.bucketOf("ours");
  return ours({ work: "down", place, home: await stage.folder(), file: join(folder, "file"), reference });
}
