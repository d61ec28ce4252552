import { asStage } from "../command.mjs";

export const title = "build and types";

export async function run({ root }) {
  const turbo = ["run", "build", "typecheck", "--output-logs=errors-only", "--continue", "--ui=stream"];
  const packages = await asStage("turbo", turbo, { cwd: root, seconds: 400 });
  const own = await asStage("tsc", ["-p", "tsconfig.json"], { cwd: root });
  return { passed: packages.passed + own.passed, failed: packages.failed + own.failed, output: packages.output + own.output };
}
