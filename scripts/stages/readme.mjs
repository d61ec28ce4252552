// The root README's commands are real: its ```sh block that starts with `# example` runs as it stands in an empty folder, and every script and
// command that it names exists.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { command } from "../command.mjs";
import { blocks, shellExampleOf } from "../readme.mjs";

export const title = "README: its commands exist and its example runs";

function unknownCommands(markdown, root) {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const text = blocks(markdown, "sh").join("\n");
  const named = [...text.matchAll(/\bnpm (?:run )?([\w:-]+)/g)].map((match) => match[1]).filter((name) => !/^(install|i|ci)$/.test(name));
  const commands = [...text.matchAll(/\bnpx ([\w-]+)/g)].map((match) => match[1]);
  return [
    ...named.filter((name) => !scripts[name]).map((name) => `npm ${name}: no such script`),
    ...commands.filter((name) => !existsSync(join(root, "node_modules", ".bin", name))).map((name) => `npx ${name}: no such command`),
  ];
}

async function runExample(example, root) {
  const folder = mkdtempSync(join(tmpdir(), "cweb-readme-"));
  try {
    // In a clone npx finds the commands by itself; here, in an empty folder, by PATH.
    const path = [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
    const script = `trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n${example.replaceAll(/\bnpx /g, "")}`;
    return await command("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, seconds: 90, env: { PATH: path, HOME: folder } });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function run({ root }) {
  const markdown = readFileSync(join(root, "README.md"), "utf8");
  const unknown = [...new Set(unknownCommands(markdown, root))];
  const example = shellExampleOf(markdown);
  const result = example
    ? await runExample(example, root)
    : { code: 1, output: "README.md lacks its ```sh block that starts with `# example`" };
  const failed = (unknown.length > 0 ? 1 : 0) + (result.code === 0 ? 0 : 1);
  return { passed: 2 - failed, failed, output: [...unknown, result.output].join("\n") };
}
