import { command } from "../command.mjs";

export const title = "size in a browser";

const kib = (bytes) => `${(bytes / 1000).toFixed(1)} kB gz`;

export async function run({ root }) {
  const { code, output } = await command("size-limit", ["--json"], { cwd: root });
  try {
    const sizes = JSON.parse(output);
    const failed = sizes.filter((one) => one.passed === false).length;
    return { passed: sizes.length - failed, failed, output, notes: [sizes.map((one) => `${one.name} ${kib(one.size)}`).join(", ")] };
  } catch {
    return { passed: 0, failed: 1, output: `size-limit ended with ${code}\n${output}` };
  }
}
