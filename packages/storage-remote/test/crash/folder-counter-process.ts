// One of several processes that count together, each 20 times, by conditional writes alone.
import { folderReader, folderWriter } from "../../src/folder.ts";
import { toPath } from "../../src/path.ts";

const [directory = ""] = process.argv.slice(2);
const [reader, writer, path] = [folderReader(directory), folderWriter(directory), toPath("count")];
for (let count = 0; count < 20; ) {
  const answer = await reader.read(path, { maxBytes: 1 });
  if (answer.kind !== "found") throw new Error(`the counter is ${answer.kind}`);
  const result = await writer.write(path, new Uint8Array([(answer.bytes[0] ?? 0) + 1]), { when: answer.version });
  if (result.kind === "stored") count++;
}
