import { asStage } from "../command.mjs";

export const title = "API documentation builds";

export function run({ root }) {
  return asStage("typedoc", ["--logLevel", "Warn"], { cwd: root });
}
