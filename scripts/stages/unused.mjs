import { asStage } from "../command.mjs";

export const title = "unused code and dependencies";

export function run({ root }) {
  return asStage("knip", ["--no-progress", "--no-config-hints"], { cwd: root });
}
