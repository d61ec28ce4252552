import { asStage } from "../command.mjs";

export const title = "build and types";

export function run({ root }) {
  return asStage("turbo", ["run", "build", "typecheck", "--output-logs=errors-only", "--continue", "--ui=stream"], {
    cwd: root,
    seconds: 400,
  });
}
