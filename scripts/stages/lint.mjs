import { asStage } from "../command.mjs";

export const title = "lint and format";

export function run({ root }) {
  return asStage("biome", ["check", "--error-on-warnings", "--max-diagnostics=200", "--colors=off", "."], { cwd: root });
}
